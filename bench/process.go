package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is one server.
type process struct {
	cmd *exec.Cmd
	url string
}

// startYardstick runs this program again as a yardstick.
func (b *bench) startYardstick(ctx context.Context, name string) (*process, error) {
	dir, err := b.folder(name)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	kind, synchronous := name, "FULL"
	switch name {
	case "thin-full":
		kind = "thin"
	case "thin-normal":
		kind, synchronous = "thin", "NORMAL"
	}
	cmd := command(ctx, self, "-serve", kind, "-dir", dir, "-synchronous", synchronous, "-database", b.database)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	b.processes[name] = p
	url, err := bufio.NewReader(out).ReadString('\n')
	p.url = strings.TrimSpace(url)
	if err != nil {
		return nil, fmt.Errorf("%s did not start: %w", name, err)
	}
	return p, nil
}

// serve starts the binary and waits until it is ready. There may be a process beside an error.
func (u *usherServer) serve(ctx context.Context) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	u.environment = append(u.environment, "USHER_PUBLIC_URL=http://"+address)
	return u.serveAt(ctx, address)
}

func (u *usherServer) serveAt(ctx context.Context, address string) (*process, error) {
	log, err := os.Create(u.data + ".log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &process{url: "http://" + address}
	p.cmd = command(ctx, u.binary, "serve", "--addr", address, "--data", u.data)
	p.cmd.Env = append(os.Environ(), u.environment...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := p.ready(ctx); err != nil {
		text, _ := os.ReadFile(log.Name())
		return p, fmt.Errorf("%w\n%.2000s", err, text)
	}
	return p, nil
}

// restart ends the server and starts it again under the same address.
func (u *usherServer) restart(ctx context.Context) (err error) {
	if err := u.cmd.Cancel(); err != nil {
		return err
	}
	if err := u.cmd.Wait(); err != nil {
		return fmt.Errorf("usher did not end: %w", err)
	}
	u.process, err = u.serveAt(ctx, strings.TrimPrefix(u.url, "http://"))
	return err
}

// command is ended by an interrupt, so that a server can close its database.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// ready waits for /readyz.
func (p *process) ready(ctx context.Context) error {
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		if response, err := http.Get(p.url + "/readyz"); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("%s/readyz is not ready after 20 s", p.url)
}

// rss is the resident memory in MiB, 0 where /proc does not tell.
func (p *process) rss() float64 { return p.status("VmRSS:") }

// peak is the largest resident memory in MiB since the start.
func (p *process) peak() float64 { return p.status("VmHWM:") }

func (p *process) status(name string) float64 {
	if p == nil {
		return 0
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), name)
	kib, _ := strconv.ParseFloat(strings.Fields(rest + " 0")[0], 64)
	return kib / 1024
}
