package postgrestest

import (
	"io"
	"os/exec"
	"syscall"
)

// followed is a script that waits until the one who holds its standard input is gone, in whatever way. A test binary
// that runs out of time ends at once, with no deferred call: the server that it has started is ended here, and the
// folder goes.
const followed = `cat >/dev/null
test -d "$1" || exit 0
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" && kill -CONT "$pid" && while kill -0 "$pid"; do sleep 0.1; done
rm -rf "$1"`

// keepOnLeash makes sure that the server in the folder and the folder itself do not outlive this process.
func keepOnLeash(dir string) (io.Closer, error) {
	cmd := exec.Command("/bin/sh", "-c", followed, "leash", dir)
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Setpgid: true}
	held, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	return leash{held, cmd}, cmd.Start()
}

type leash struct {
	held io.Closer
	cmd  *exec.Cmd
}

// Close lets go of the folder, which is gone already.
func (l leash) Close() error {
	_ = l.held.Close()
	return l.cmd.Wait()
}
