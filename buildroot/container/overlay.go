package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/buildroot/rmtree"
	"golang.org/x/sys/unix"
)

// A root is a job's file system, mounted in the keeper's namespace.
type root struct {
	scratch string // holds upper, work and points
	thrown  bool   // scratch goes with the root
	dir     string // in memory: links, and the mount point m
	ledger  *ledger

	accounts *accounts // of a job with Accounts, else nil
}

// at is where the root is mounted.
func (r *root) at() string { return filepath.Join(r.dir, "m") }

const (
	// maxLayers is the kernel's limit of lower directories (OVL_MAX_STACK).
	maxLayers = 500
	// maxMountData is what mount(2) reads of its options, with the zero at
	// their end: a page. It cuts longer ones without a word.
	maxMountData = 4096
)

// mountRoot stacks a job's layers. The caller unmounts the root.
func (k *keeper) mountRoot(j *job.Job) (*root, error) {
	n := k.number()
	r := &root{scratch: j.Scratch, dir: filepath.Join(k.mem, n), ledger: newLedger()}
	layers := slices.Clone(j.Layers)
	if j.ReadOnly && j.Scratch != "" {
		layers = append([]string{filepath.Join(j.Scratch, "upper")}, layers...)
	}
	if j.ReadOnly || j.Scratch == "" {
		r.scratch, r.thrown = filepath.Join(k.disk, "scratch-"+n), true
	}
	if err := k.claim(r); err != nil {
		return nil, err
	}
	if err := k.stack(r, layers, j); err != nil {
		err = errors.Join(err, k.unmountRoot(r))
		r.discard()
		return nil, err
	}
	return r, nil
}

// stack makes a root's directories and mounts it.
func (k *keeper) stack(r *root, layers []string, j *job.Job) (err error) {
	if j.Switch != "" {
		j.Binds = append(j.Binds, job.Bind{From: k.selfPath(), To: j.Switch})
	}
	if err := r.makeDirs(j); err != nil {
		return err
	}
	layers = append(layers, filepath.Join(r.scratch, "points"))
	if len(layers) > maxLayers {
		if layers, err = k.mergeRuns(layers); err != nil {
			return err
		}
	}
	if err := r.link(layers); err != nil {
		return err
	}
	if err := inDirectory(r.dir, func() error { return k.overlay(len(layers)) }); err != nil {
		return err
	}
	r.accounts.watch(r.at())
	return r.loadOwners()
}

// claim keeps two jobs from one scratch directory.
func (k *keeper) claim(r *root) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mounted[r.scratch] != nil {
		return fmt.Errorf("scratch %s: another job is using it", r.scratch)
	}
	k.mounted[r.scratch] = r
	return nil
}

// makeDirs makes what is new for each mount: a work directory, because one that
// was mounted volatile may not be used again, and the directory of mount points.
func (r *root) makeDirs(j *job.Job) error {
	for _, name := range []string{"work", "points"} {
		if err := rmtree.RemoveAll(filepath.Join(r.scratch, name)); err != nil {
			return err
		}
	}
	for _, dir := range []string{filepath.Join(r.scratch, "upper"), filepath.Join(r.scratch, "work"),
		filepath.Join(r.scratch, "points"), filepath.Join(r.dir, "l"), r.at()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if !j.ReadOnly {
		// Without them owners and what is opaque would be lost without a word.
		if err := unix.Setxattr(filepath.Join(r.scratch, "work"), ownerXattr, nobodyAsked().note(), 0); err != nil {
			return failed("set user attributes", err)
		}
	}
	if err := r.writeFiles(j); err != nil {
		return err
	}
	if err := r.serveAccounts(j); err != nil {
		return err
	}
	return makePoints(filepath.Join(r.scratch, "points"), j)
}

// writeFiles writes a job's files to memory, from where they are bound.
func (r *root) writeFiles(j *job.Job) error {
	dir := filepath.Join(r.dir, "f")
	if len(j.Files) == 0 {
		return nil
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for i, f := range j.Files {
		name := filepath.Join(dir, strconv.Itoa(i))
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			return err
		}
		if err := os.Chmod(name, os.FileMode(f.Mode&0o777)); err != nil {
			return err
		}
		j.Binds = append(j.Binds, job.Bind{From: name, To: f.Path})
	}
	return nil
}

// makePoints makes the mount points as the lowest layer: libcontainer would
// make them in the upper, where they would look like the command's work.
func makePoints(dir string, j *job.Job) error {
	under, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer under.Close()
	names := []string{"/proc", "/sys", "/dev"}
	for _, t := range j.Tmpfs {
		names = append(names, t.Path)
	}
	for _, b := range j.Binds {
		info, err := os.Stat(b.From)
		if err != nil {
			return fmt.Errorf("bind %s: %w", b.To, err)
		}
		if info.IsDir() {
			names = append(names, b.To)
		} else if err := makeFile(under, b.To); err != nil {
			return fmt.Errorf("bind %s: %w", b.To, err)
		}
	}
	for _, name := range names {
		if name = inside(name); name == "." {
			return errors.New("mount over /: not possible")
		}
		if err := under.MkdirAll(name, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// inside turns an absolute path in a root into one for os.Root.
func inside(path string) string {
	return filepath.Join(".", filepath.Clean("/" + path)[1:])
}

func makeFile(under *os.Root, name string) error {
	name = inside(name)
	if err := under.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := under.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// link names layers, upper and work shortly and relatively. Thus many fit into
// mount(2)'s options, and /proc/self/mountinfo, which prints the names as they
// were given, is the same on all hosts.
func (r *root) link(layers []string) error {
	for i, layer := range layers {
		if err := isDir(layer); err != nil {
			return fmt.Errorf("layer: %w", err)
		}
		if err := os.Symlink(layer, filepath.Join(r.dir, layerName(i))); err != nil {
			return err
		}
	}
	if err := os.Symlink(filepath.Join(r.scratch, "upper"), filepath.Join(r.dir, "u")); err != nil {
		return err
	}
	return os.Symlink(filepath.Join(r.scratch, "work"), filepath.Join(r.dir, "w"))
}

func isDir(name string) error {
	info, err := os.Stat(name)
	if err == nil && !info.IsDir() {
		return fmt.Errorf("%s: not a directory", name)
	}
	return err
}

func layerName(i int) string { return "l/" + strconv.FormatInt(int64(i), 36) }

// inDirectory runs f on a thread whose working directory is dir.
func inDirectory(dir string, f func() error) error {
	c := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			c <- fmt.Errorf("unshare: %w", err)
			return
		}
		if err := unix.Chdir(dir); err != nil {
			c <- fmt.Errorf("chdir %s: %w", dir, err)
			return
		}
		c <- f()
	}()
	return <-c
}

// overlay mounts n layers on m in the working directory, by the newer calls
// where the kernel has them.
func (k *keeper) overlay(n int) error {
	if !k.mount2.Load() {
		err := overlayNew(n)
		if !errors.Is(err, unix.ENOSYS) && !errors.Is(err, errNoLowerdirPlus) {
			return err
		}
	}
	data, err := mountData(n)
	if err != nil {
		return err
	}
	if err := unix.Mount("overlay", "m", "overlay", 0, data); err != nil {
		return failed("mount overlay", err)
	}
	k.mount2.Store(true) // the newer calls would fail again, and the kernel log each time
	return nil
}

func failedIf(what string, err error) error {
	if err == nil {
		return nil
	}
	return failed(what, err)
}

// mountData is the options of mount(2) for n layers.
func mountData(n int) (string, error) {
	names := make([]string, n)
	for i := range names {
		names[i] = layerName(i)
	}
	data := "lowerdir=" + strings.Join(names, ":") + ",upperdir=u,workdir=w,userxattr,volatile"
	return data, checkMountData(data)
}

func checkMountData(data string) error {
	if len(data) >= maxMountData {
		return fmt.Errorf("mount overlay: %d bytes of options, and mount(2) takes %d", len(data), maxMountData-1)
	}
	return nil
}

// errNoLowerdirPlus says that the kernel, before 6.7, takes no single layers. Before
// 6.5 it says so at the end alone: until then it only collects the options.
var errNoLowerdirPlus = errors.New("no lowerdir+")

// overlayNew mounts by fsopen(2) and its kin. The first layer is the top one.
func overlayNew(n int) error {
	fd, err := unix.Fsopen("overlay", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return failed("fsopen overlay", err)
	}
	defer unix.Close(fd)
	if err := unix.FsconfigSetString(fd, "source", "overlay"); err != nil {
		return failed("mount overlay: source", err)
	}
	for i := range n {
		if err := unix.FsconfigSetString(fd, "lowerdir+", layerName(i)); err != nil {
			if i == 0 && errors.Is(err, unix.EINVAL) {
				return errNoLowerdirPlus
			}
			return failed("mount overlay: layer "+strconv.Itoa(i), err)
		}
	}
	for _, o := range [][2]string{{"upperdir", "u"}, {"workdir", "w"}} {
		if err := unix.FsconfigSetString(fd, o[0], o[1]); err != nil {
			return failed("mount overlay: "+o[0], err)
		}
	}
	for _, flag := range []string{"userxattr", "volatile"} {
		if err := unix.FsconfigSetFlag(fd, flag); err != nil {
			return failed("mount overlay: "+flag, err)
		}
	}
	if err := unix.FsconfigCreate(fd); errors.Is(err, unix.EINVAL) {
		return errNoLowerdirPlus // or another mistake, which mount(2) will find too
	} else if err != nil {
		return failed("mount overlay", err)
	}
	m, err := unix.Fsmount(fd, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return failed("mount overlay", err)
	}
	defer unix.Close(m)
	return failedIf("mount overlay", unix.MoveMount(m, "", unix.AT_FDCWD, "m", unix.MOVE_MOUNT_F_EMPTY_PATH))
}

// unmountRoot takes a root down. What is to be thrown away of it remains, for
// discard.
func (k *keeper) unmountRoot(r *root) error {
	r.ledger.close()
	r.accounts.close()
	err := unix.Unmount(r.at(), unix.MNT_DETACH)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) {
		err = nil // it never was mounted
	}
	if !r.thrown {
		for _, name := range []string{"work", "points"} {
			err = errors.Join(err, rmtree.RemoveAll(filepath.Join(r.scratch, name)))
		}
	}
	if err == nil {
		err = rmtree.RemoveAll(r.dir)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.mounted, r.scratch)
	return err
}

// discard removes a throw-away scratch directory. An error is of no interest:
// the front removes what is left when it closes the keeper.
func (r *root) discard() {
	if r.thrown {
		rmtree.RemoveAll(r.scratch)
	}
}
