package container

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"golang.org/x/sys/unix"
)

const wantOwners = `lchown link: ok
  f has: ENODATA
chown through link: ok
  f has 10:11
chown dangling link: ENOENT
lchown dangling link: ok
chown fifo: ok
listen: ok
chown socket: ok
chown missing: ENOENT
chown below a file: ENOTDIR
chown empty path: ENOENT
chown long path: ENAMETOOLONG
chown long name: ENAMETOOLONG
chown bad address: EFAULT
chown read-only: EROFS
chown /proc/self/status: ok
chown /dev/stdout: ok
chown on tmpfs: ok
chown through absolute link to a directory: ok
  x has 11:12
chown ../: ok
  x has 13:14
rename: ok
  y has 13:14
link: ok
  z has 13:14
chown of a lower file: ok
  file has 20:21
append: ok
  file has 20:21
fchown bad descriptor: EBADF
fchownat bad descriptor: EBADF
fchownat unknown flag: EINVAL
fchown: ok
  f has 13:13
fchownat below a file: ENOTDIR
fchown O_PATH: EBADF
fchownat O_PATH: ok
  f has 14:14
fchownat directory: ok
  y has 15:15
fchown of an unlinked file: ok
chown mode 0444: ok
chown mode 0000: ok
  f has 16:16
  su mode 4755, owner 0:0
chown set-id file: ok
  su mode 755, owner 0:0
chown set-id file to nobody: ok
  su mode 755, owner 0:0
chown group alone: ok
  f has 16:77
chown group of a new file: ok
  g has -1:78
chown 0:0: ok
  f has 0:0
chown when not dumpable: ok
  f has 21:21
setresuid: ok
  uid 0
getgroups 0: ok
chown after setresuid: ok
  f has 33:33
mknod: EPERM
mknod regular: ok
unshare: ok
chroot: ok
chown in chroot: ok
chown ../ in chroot: ok
  y has 23:23
`

func TestContainerOwners(t *testing.T) {
	for _, mount2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("mount2=%v", mount2), func(t *testing.T) {
			k := start(t, Options{Mount2: mount2})
			j := helper(t, "owners")
			ro := scratch(t)
			write(t, filepath.Join(ro, "f"), "read-only")
			lower := scratch(t)
			write(t, filepath.Join(lower, "lower/file"), "lower\n")
			j.Layers = append(j.Layers, lower)
			j.Binds = append(j.Binds, job.Bind{From: ro, To: "/ro"})
			out, res := try(t, k, j)
			same(t, "calls", out, wantOwners)
			want := []string{"helper: changed to user 33, pretended", "mknod nod: character device 1:3 refused"}
			same(t, "reports", strings.Join(res.Reports, "\n"), strings.Join(want, "\n"))
		})
	}
}

// What a build can reach by links is its own root and nothing else.
func TestContainerOwnersStayInside(t *testing.T) {
	k := start(t, Options{})
	host := scratch(t)
	write(t, filepath.Join(host, "f"), "host")
	var before, after unix.Stat_t
	if err := unix.Stat(filepath.Join(host, "f"), &before); err != nil {
		t.Fatal(err)
	}
	same(t, "calls", run(t, k, helper(t, "escape", host)), `chown /esc/f: ENOENT
chown /escf: ENOENT
chown /esc1/f: ENOENT
chown /esc2/f: ENOENT
chown /esc3/f: ENOENT
`)
	if err := unix.Stat(filepath.Join(host, "f"), &after); err != nil {
		t.Fatal(err)
	}
	if before != after {
		t.Errorf("the host's file was changed: %+v, was %+v", after, before)
	}
	if names, err := listXattrs(filepath.Join(host, "f")); err != nil || len(names) > 0 {
		t.Errorf("the host's file has attributes %v, %v", names, err)
	}
}

func TestContainerOwnersUnderLoad(t *testing.T) {
	k := start(t, Options{})
	same(t, "timer", run(t, k, helper(t, "timer")), "failed 0\n")
	same(t, "threads", run(t, k, helper(t, "threads")), `failed 0
  0 has 499:499
  1 has 500:500
  2 has 501:501
  3 has 502:502
`)
	same(t, "killed callers", run(t, k, shell(t, `
		touch /f
		for i in 1 2 3 4 5 6 7 8 9 10; do
			sh -c 'while :; do chown 1:1 /f /f /f /f /f /f /f /f; done' & p=$!
			sleep 0.02; kill -9 $p; wait $p 2>/dev/null
		done
		chown 5:6 /f && echo still answered`)), "still answered\n")
}

// The ledger of what has no attributes: numbers that are used again are not
// mistaken, and the next job on the scratch directory goes on with it.
func TestContainerOwnersWithoutAttributes(t *testing.T) {
	k := start(t, Options{})
	j := helper(t, "special")
	j.Scratch = scratch(t)
	if out := run(t, k, j); strings.Contains(out, "E") {
		t.Error(out)
	}
	want := "/back 0:0\n/fifo 50:51\n/owned 52:54\n"
	same(t, "owners", specials(t, k, j.Scratch), want)

	again := shell(t, "mv /owned /moved; chgrp -h 60 /moved; rm /fifo; ln -s x /fifo")
	again.Scratch, again.Layers = j.Scratch, j.Layers
	var during string
	_, err := k.Run(context.Background(), withCheckpoint(again), job.Streams{Checkpoint: func(string) error {
		during = specials(t, k, j.Scratch)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	want = "/back 0:0\n/fifo 0:0\n/moved 52:60\n"
	same(t, "owners at the checkpoint", during, want)
	same(t, "owners after the second job", specials(t, k, j.Scratch), want)

	text, err := os.ReadFile(filepath.Join(j.Scratch, ownersFile))
	if err != nil || !bytes.Contains(text, []byte("52 60 \"/moved\"\n")) {
		t.Errorf("%s: %q, %v", ownersFile, text, err)
	}
}

// withCheckpoint makes a shell job wait at its end.
func withCheckpoint(j job.Job) job.Job {
	j.Args[2] += "; echo here >&3; read x <&4"
	return j
}

// specials lists a scratch directory's links and fifos, but those that no
// command gave to anybody.
func specials(t *testing.T, k *Keeper, dir string) string {
	t.Helper()
	changes, err := k.Scan(context.Background(), dir, nil)
	if err != nil {
		t.Error(err)
	}
	var b strings.Builder
	for _, c := range changes {
		if hasNoXattrs(c.Kind) && !strings.HasPrefix(c.Path, "/link") {
			fmt.Fprintf(&b, "%s %d:%d\n", c.Path, c.UID, c.GID)
		}
		if strings.HasPrefix(c.Path, "/link") && (c.UID != 0 || c.GID != 0) {
			fmt.Fprintf(&b, "%s %d:%d\n", c.Path, c.UID, c.GID)
		}
	}
	return b.String()
}
