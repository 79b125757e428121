package foreign

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Chromium is a running browser that is not ours: its rules for cookies, redirects, forms and policies are the ones that count.
// Who walks through it takes one step after the other.
type Chromium struct {
	t    testing.TB
	wire *devTools
}

// StartChromium starts one with an empty profile, and a window of that many pixels. It ends with the test, which fails if a page
// has broken its own Content Security Policy.
func StartChromium(t testing.TB, width, height int) *Chromium {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed: tools/prereq.sh does it by apt, or says why it does not")
	}
	browser := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe",
		"--user-data-dir="+t.TempDir(), fmt.Sprintf("--window-size=%d,%d", width, height))
	c := &Chromium{t: t}
	c.wire, err = startDevTools(browser)
	c.check(err)
	t.Cleanup(func() {
		_ = c.wire.do("Browser.close", nil, nil)
		deadline := time.AfterFunc(10*time.Second, func() { _ = browser.Process.Kill() })
		_ = browser.Wait()
		deadline.Stop()
		c.wire.close()
		for _, text := range c.wire.forbidden {
			t.Errorf("chromium: %s", text)
		}
	})
	c.check(c.wire.openTab())
	return c
}

func (c *Chromium) check(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("chromium: %v", err)
	}
}

// Open goes to a page, as if its address had been typed in.
func (c *Chromium) Open(link string) {
	c.t.Helper()
	var at struct{ ErrorText string }
	c.check(c.wire.do("Page.navigate", map[string]any{"url": link}, &at))
	if at.ErrorText != "" {
		c.t.Fatalf("chromium does not reach %s: %s", link, at.ErrorText)
	}
}

// Await waits until a page is there, whole, that shows a text, wherever the browser has been led on to.
func (c *Chromium) Await(text string) {
	c.t.Helper()
	wanted, err := json.Marshal(text)
	c.check(err)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if found := false; c.evaluate("document.readyState == 'complete' && document.body.innerText.includes("+string(wanted)+")", &found) == nil && found {
			return
		}
		time.Sleep(20 * time.Millisecond) // of a process that loads pages
	}
	c.t.Fatalf("chromium waits in vain for %q; at %s it shows:\n%s", text, c.URL(), c.Text())
}

// Text is what the page shows.
func (c *Chromium) Text() (text string) {
	c.t.Helper()
	c.check(c.evaluate("document.body.innerText", &text))
	return text
}

// URL is that of the page.
func (c *Chromium) URL() (link string) {
	c.t.Helper()
	c.check(c.evaluate("location.href", &link))
	return link
}

// Fill writes into the field of that name.
func (c *Chromium) Fill(name, value string) {
	c.t.Helper()
	selector, err := json.Marshal(fmt.Sprintf("[name=%q]", name))
	c.check(err)
	c.check(c.evaluate("document.querySelector("+string(selector)+").focus()", nil))
	c.check(c.wire.do("Input.insertText", map[string]any{"text": value}, nil))
}

// Press presses the button that has that text.
func (c *Chromium) Press(text string) {
	c.t.Helper()
	wanted, err := json.Marshal(text)
	c.check(err)
	c.check(c.evaluate("[...document.querySelectorAll('button')].find(b => b.innerText.trim() == "+string(wanted)+").click()", nil))
}

// Picture writes what the window shows into a PNG file.
func (c *Chromium) Picture(file string) {
	c.t.Helper()
	var taken struct{ Data string }
	c.check(c.wire.do("Page.captureScreenshot", map[string]any{"format": "png"}, &taken))
	picture, err := base64.StdEncoding.DecodeString(taken.Data)
	c.check(err)
	c.check(os.WriteFile(file, picture, 0o600))
}

// evaluate runs a line of JavaScript in the page.
func (c *Chromium) evaluate(script string, value any) error {
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	err := c.wire.do("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true}, &answer)
	switch {
	case err != nil:
		return err
	case answer.ExceptionDetails != nil:
		return fmt.Errorf("%s fails: %s", script, answer.ExceptionDetails)
	case value == nil:
		return nil
	}
	return json.Unmarshal(answer.Result.Value, value)
}
