package container

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/job"
)

// A fork bomb stays in its container, and other containers have all their
// processes meanwhile.
func TestContainerForkBomb(t *testing.T) {
	k := start(t, Options{})
	j := shell(t, `bomb() { bomb | bomb & }; bomb 2>/dev/null; echo begun >&3; read wait <&4`)
	j.Limits.Processes = 64
	_, err := k.Run(context.Background(), j, job.Streams{Checkpoint: func(string) error {
		other := shell(t, `i=0; while [ $i -lt 100 ]; do sleep 100 & i=$((i+1)); done; echo started $i`)
		if got := run(t, k, other); got != "started 100\n" {
			t.Errorf("beside the bomb: %q", got)
		}
		return nil
	}})
	if err != nil {
		t.Error(err)
	}
}

func TestContainerLimits(t *testing.T) {
	k := start(t, Options{})
	tests := []struct {
		name   string
		limits job.Limits
		script string
		want   string
	}{
		{"processes by default", job.Limits{}, "ulimit -u", "4096\n"},
		{"processes", job.Limits{Processes: 100}, "ulimit -u; ulimit -Hu", "100\n100\n"},
		{"no memory limit", job.Limits{}, "ulimit -d", "unlimited\n"},
		{"memory", job.Limits{Memory: 256 << 20}, "ulimit -d; head -c 500000000 /dev/zero | tail >/dev/null || echo refused", "262144\nrefused\n"},
		{"the kernel ends jobs first", job.Limits{}, "cat /proc/self/oom_score_adj", "500\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := shell(t, "exec 2>/dev/null; "+tt.script)
			j.Args[0] = "/bin/bash"
			j.Limits = tt.limits
			if got := run(t, k, j); got != tt.want {
				t.Errorf("printed %q, want %q", got, tt.want)
			}
		})
	}
}

// A command that does not heed SIGTERM is killed when its grace is over.
func TestContainerTimeoutIsFinal(t *testing.T) {
	k := start(t, Options{})
	j := shell(t, `trap "echo no" TERM; while :; do sleep 0.05; done`)
	j.Timeout, j.Grace = time.Second, time.Second // enough to set the trap, and to get into it
	out, res := try(t, k, j)
	if !res.Timeout || res.Signal != 9 || !strings.Contains(out, "no") {
		t.Errorf("%+v, printed %q; want a timeout that ends with signal 9", res, out)
	}
}
