package foreign

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// devTools speaks the DevTools protocol with a Chromium by two pipes: JSON, each message ended by a zero byte. It knows one tab.
type devTools struct {
	commands, said *os.File
	answers        *bufio.Reader
	last           int    // the number of the last command
	tab            string // its session, once it is open
	forbidden      []string
}

// message is a command's answer, or, without an ID, an event.
type message struct {
	ID     int             `json:"id"`
	Error  json.RawMessage `json:"error"`
	Result json.RawMessage `json:"result"`
	Method string          `json:"method"`
	Params struct {
		Entry struct{ Text string } `json:"entry"`
	} `json:"params"`
}

// startDevTools starts a browser that finds the pipes as the descriptors 3 and 4.
func startDevTools(browser *exec.Cmd) (*devTools, error) {
	told, commands, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	said, says, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, told.Close(), commands.Close())
	}
	browser.ExtraFiles = []*os.File{told, says}
	d := &devTools{commands: commands, said: said, answers: bufio.NewReader(said)}
	err = browser.Start()
	return d, errors.Join(err, told.Close(), says.Close())
}

func (d *devTools) close() {
	_ = d.commands.Close()
	_ = d.said.Close()
}

// openTab opens the tab that all further commands are for.
func (d *devTools) openTab() error {
	var target struct{ TargetID string }
	if err := d.do("Target.createTarget", map[string]any{"url": "about:blank"}, &target); err != nil {
		return err
	}
	var attached struct{ SessionID string }
	if err := d.do("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached); err != nil {
		return err
	}
	d.tab = attached.SessionID
	return d.do("Log.enable", nil, nil)
}

// do sends a command, and waits for its answer.
func (d *devTools) do(method string, params map[string]any, result any) error {
	d.last++
	command := map[string]any{"id": d.last, "method": method}
	if params != nil {
		command["params"] = params
	}
	if d.tab != "" && !strings.HasPrefix(method, "Browser.") {
		command["sessionId"] = d.tab
	}
	text, err := json.Marshal(command)
	if err != nil {
		return err
	}
	if err := errors.Join(d.commands.SetDeadline(time.Now().Add(30*time.Second)), d.said.SetDeadline(time.Now().Add(30*time.Second))); err != nil {
		return err
	}
	if _, err := d.commands.Write(append(text, 0)); err != nil {
		return err
	}
	answer, err := d.await(d.last)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", method, err)
	case answer.Error != nil:
		return fmt.Errorf("%s: %s", method, answer.Error)
	case result == nil:
		return nil
	}
	return json.Unmarshal(answer.Result, result)
}

// await reads up to the answer of that number, and keeps what a policy has forbidden.
func (d *devTools) await(id int) (message, error) {
	for {
		text, err := d.answers.ReadBytes(0)
		if err != nil {
			return message{}, err
		}
		var m message
		if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
			return m, err
		}
		if m.ID == id {
			return m, nil
		}
		if said := m.Params.Entry.Text; strings.Contains(said, "Content Security Policy") {
			d.forbidden = append(d.forbidden, said)
		}
	}
}
