package container

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/job"
)

// whileRunning calls f while a job runs that ends when f has returned.
func whileRunning(t *testing.T, j job.Job, f func(ctx context.Context, r job.Running)) {
	t.Helper()
	over := errors.New("the test is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := start(t, Options{}).Run(ctx, j, job.Streams{Started: func(r job.Running) {
		defer cancel(over)
		f(ctx, r)
	}})
	if !errors.Is(err, over) {
		t.Errorf("the job: %v", err)
	}
}

// A further command is in the container, as the first one is.
func TestContainerExec(t *testing.T) {
	j := shell(t, "echo $$ >/tmp/first; exec sleep 1000")
	j.User, j.Group, j.Profile, j.ReadOnly, j.Dir = 101, 102, job.Serve, true, "/usr"
	j.Env = append(j.Env, "COLOR=blue")
	j.Tmpfs = []job.Tmpfs{{Path: "/tmp", Mode: 0o1777}}
	whileRunning(t, j, func(ctx context.Context, r job.Running) {
		for _, tt := range []struct {
			script, out string
			exit        int
		}{
			{`id -u; id -g; pwd; echo $COLOR >&2; cat; grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status`, "101\n102\n/usr\nblue\nNoNewPrivs:\t1\nSeccomp:\t2\n", 0},
			{`while ! test -s /tmp/first; do :; done; kill -0 $(cat /tmp/first) && exit 7`, "", 7},
			{`kill -9 $$`, "", 137},
			{`sleep 1000 & echo left`, "left\n", 0},
		} {
			var out bytes.Buffer
			exit, err := r.Exec(ctx, []string{"sh", "-c", tt.script}, &out)
			if err != nil || exit != tt.exit || out.String() != tt.out {
				t.Errorf("%s: exit status %d, %v, %q", tt.script, exit, err, out.String())
			}
		}
		for _, tt := range []struct {
			args []string
			want string
		}{
			{[]string{"nothing", "x"}, `nothing: start command: nothing: not found in PATH "/usr/sbin:/usr/bin:/sbin:/bin"`},
			{[]string{"/etc"}, "/etc: start command: /etc: permission denied"},
			{[]string{"echo", strings.Repeat("x", maxPacket)}, "echo: start command: its command line is too long"},
			{nil, "no command"},
		} {
			if _, err := r.Exec(ctx, tt.args, &bytes.Buffer{}); err == nil || err.Error() != tt.want {
				t.Errorf("%.40q: %v", tt.args, err)
			}
		}
	})
}

// One that takes too long is killed, with what it started.
func TestContainerExecIsKilled(t *testing.T) {
	whileRunning(t, shell(t, "exec sleep 1000"), func(ctx context.Context, r job.Running) {
		late := errors.New("late")
		short, cancel := context.WithTimeoutCause(ctx, 50*time.Millisecond, late)
		defer cancel()
		if _, err := r.Exec(short, []string{"sh", "-c", "sleep 1001 & sleep 1001"}, &bytes.Buffer{}); !errors.Is(err, late) {
			t.Errorf("too late: %v", err)
		}
		gone := "for i in $(seq 200); do grep -qa '100[1]' /proc/[0-9]*/cmdline || exit 0; sleep 0.01; done; exit 1"
		if exit, err := r.Exec(ctx, []string{"sh", "-c", gone}, &bytes.Buffer{}); err != nil || exit != 0 {
			t.Errorf("something still runs: exit status %d, %v", exit, err)
		}
	})
}

// The end of the job is that of its commands.
func TestContainerExecEnds(t *testing.T) {
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	var last job.Running
	start(t, Options{}).Run(ctx, shell(t, "exec sleep 1000"), job.Streams{Started: func(r job.Running) {
		last = r
		w := writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil })
		go func() {
			_, err := r.Exec(context.Background(), []string{"sh", "-c", "echo up; exec sleep 1000"}, w)
			ended <- err
		}()
	}})
	if err := <-ended; !errors.Is(err, job.ErrEnded) {
		t.Errorf("while it ran: %v", err)
	}
	if _, err := last.Exec(t.Context(), []string{"true"}, &bytes.Buffer{}); !errors.Is(err, job.ErrEnded) {
		t.Errorf("afterwards: %v", err)
	}
}
