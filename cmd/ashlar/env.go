package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/apt"
	"github.com/ashlar-build/ashlar/buildroot/container"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/buildroot/usher"
)

// An env is what a command may touch of the world. What is expensive is opened
// when it is first asked for, and closed when the command has ended.
type env struct {
	in       *os.File
	out, err io.Writer
	terminal bool // a person reads err
	color    bool

	dir      string // -C, or ""
	storeDir string // --store or ASHLAR_STORE, or ""
	vendorAt string // [workspace] vendor, once it was read
	jobs     int
	memory   int64 // --memory in bytes, or 0
	failFast bool
	offline  bool
	maxAge   time.Duration // how long ago archives may have been asked, as apt.Options has it
	progress string        // auto, plain or json
	mount2   bool
	tests    bool          // plan tests' roots, too
	flags    *flag.FlagSet // of the command

	files     *usher.Files // of the workspace
	client    *usher.Client
	connected bool
	tokens    map[string]string // by host, the secret that the fetcher sends it
	revealed  map[string]string // secrets by name, once they were asked for
	tellMu    sync.Mutex
	opened    struct {
		store  *store.Store
		fetch  *fetch.Fetcher
		apt    *apt.Client
		keeper *container.Keeper
	}
	downloads atomic.Pointer[func(fetch.Progress)] // who is told of them
	closers   []func() error
}

func newEnv() *env {
	e := &env{in: os.Stdin, out: os.Stdout, err: os.Stderr, terminal: isTerminal(os.Stderr), jobs: runtime.NumCPU(), progress: autoView}
	e.color = e.terminal && os.Getenv("NO_COLOR") == ""
	e.storeDir = os.Getenv("ASHLAR_STORE")
	e.mount2 = os.Getenv("ASHLAR_MOUNT") == "mount2"
	return e
}

// storeFlags are those of the flags that all commands have which mean something
// only where there is a store.
var storeFlags = []string{"store", "j", "memory", "progress", "offline"}

// declare declares the flags that all commands have.
func (e *env) declare(flags *flag.FlagSet) {
	flags.StringVar(&e.dir, "C", e.dir, "`DIR` is the workspace")
	flags.StringVar(&e.storeDir, "store", e.storeDir, "`DIR` is the store")
	flags.Func("j", "`N` actions run at once", func(n string) error {
		jobs, err := strconv.Atoi(n)
		if err != nil || jobs < 1 {
			return errors.New("write a number from 1 on")
		}
		e.jobs = jobs
		return nil
	})
	flags.Func("memory", "actions at once may need `SIZE` together; by default what the machine has left", func(size string) error {
		var ok bool
		if e.memory, ok = parseSize(size); !ok {
			return errors.New("write a size, such as 500MB or 4GB")
		}
		return nil
	})
	flags.Func("progress", "`HOW` a build is shown: auto, plain, or json, an event a line", func(how string) error {
		if how != autoView && how != plainView && how != jsonView {
			return errors.New("write auto, plain or json")
		}
		e.progress = how
		return nil
	})
	flags.BoolVar(&e.offline, "offline", e.offline, "ask nobody but the vendor; what is missing is an error")
}

// globals reads the flags before the command's name, and finds the command.
func (e *env) globals(args []string) (*command, []string, error) {
	flags := flag.NewFlagSet("ashlar", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	e.declare(flags)
	version := flags.Bool("version", false, "")
	if err := flags.Parse(detached(flags, args)); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, nil, nil
		}
		return nil, nil, strayed(flags, misuse(flags, err))
	}
	args = flags.Args()
	if *version {
		args = []string{versionCommand().name}
	}
	if len(args) == 0 {
		return nil, nil, usagef("a command is missing")
	}
	if args[0] == "help" {
		if len(args) == 1 {
			return nil, nil, nil
		}
		args = []string{args[1], "--help"}
	}
	cmd, err := find(args[0])
	return cmd, args[1:], err
}

// deferClose has f called when the command has ended, the last one first.
func (e *env) deferClose(f func() error) { e.closers = append(e.closers, f) }

func (e *env) close() error {
	var errs []error
	for i := len(e.closers) - 1; i >= 0; i-- {
		errs = append(errs, e.closers[i]())
	}
	e.closers = nil
	return errors.Join(errs...)
}

// store opens the store.
func (e *env) store() (*store.Store, error) {
	if e.opened.store != nil {
		return e.opened.store, nil
	}
	dir := e.storeDir
	if dir == "" {
		if dir = store.DefaultDir(os.Getuid()); dir == "" {
			return nil, fmt.Errorf("there is no place for a store: set HOME, or name one with --store DIR")
		}
	}
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		return nil, err
	}
	e.opened.store = s
	e.deferClose(s.Close)
	for _, w := range s.Warnings() {
		fmt.Fprintln(e.err, "ashlar: warning:", w)
	}
	return s, nil
}

// fetcher opens the way to the network. From now on progress is told of downloads, if
// it is not nil, in the place of whoever was told before.
func (e *env) fetcher(progress func(fetch.Progress)) (*fetch.Fetcher, error) {
	if progress != nil {
		e.downloads.Store(&progress)
	}
	if e.opened.fetch != nil {
		return e.opened.fetch, nil
	}
	s, err := e.store()
	if err != nil {
		return nil, err
	}
	if err := readableAuthority(); err != nil {
		return nil, err
	}
	o := fetch.Options{Offline: e.offline, Token: e.token}
	o.Progress = func(p fetch.Progress) {
		if told := e.downloads.Load(); told != nil {
			(*told)(p)
		}
	}
	netrc, err := e.credentials(netrcFile)
	if err != nil {
		return nil, fmt.Errorf("read ~/%s: %w", netrcFile, err)
	}
	o.Netrc = string(netrc)
	if o.Vendor, err = e.vendor(); err != nil {
		return nil, err
	}
	if o.Git, err = e.git(); err != nil {
		return nil, err
	}
	f, err := fetch.New(s, o)
	if err != nil {
		return nil, err
	}
	e.opened.fetch = f
	e.deferClose(func() error { f.Close(); return nil })
	return f, nil
}

// readableAuthority refuses a file of certificates that cannot be read, which would be
// passed over in silence.
func readableAuthority() error {
	const variable = "SSL_CERT_FILE"
	name := os.Getenv(variable)
	if name == "" {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("%s: %w: name a file that any user may read", variable, err)
	}
	return f.Close()
}

// archives opens what answers for apt archives.
func (e *env) archives() (*apt.Client, error) {
	if e.opened.apt != nil {
		return e.opened.apt, nil
	}
	f, err := e.fetcher(nil)
	if err != nil {
		return nil, err
	}
	c := apt.New(filepath.Join(e.opened.store.Dir(), "apt"), f, e.opened.store, apt.Options{Offline: e.offline, MaxAge: e.maxAge})
	e.opened.apt = c
	e.deferClose(c.Close)
	return c, nil
}

// keeper starts what runs containers.
func (e *env) keeper(ctx context.Context) (*container.Keeper, error) {
	if e.opened.keeper != nil {
		return e.opened.keeper, nil
	}
	s, err := e.store()
	if err != nil {
		return nil, err
	}
	k, err := container.Start(ctx, container.Options{Dir: filepath.Join(s.Dir(), "keepers"), Mount2: e.mount2, Group: e.group})
	if err != nil {
		return nil, err
	}
	e.opened.keeper = k
	e.deferClose(k.Close)
	return k, nil
}

// runner is keeper as a build wants it.
func (e *env) runner(ctx context.Context) (buildroot.Runner, error) { return e.keeper(ctx) }

// findWorkspace is the directory of -C, or the nearest one above the current
// that has ashlar.toml or recipes, or the current one.
func (e *env) findWorkspace() (string, error) {
	if e.dir != "" {
		info, err := os.Stat(e.dir)
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("-C %s: there is no such directory", e.dir)
		}
		if err != nil {
			return "", err
		}
		if !info.IsDir() {
			return "", fmt.Errorf("%s is not a directory", e.dir)
		}
		return filepath.Abs(e.dir)
	}
	current, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := current; ; dir = filepath.Dir(dir) {
		if exists(filepath.Join(dir, "ashlar.toml")) || exists(filepath.Join(dir, "recipes")) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return current, nil
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// bytesOf prints a size for people, in powers of 1000 as registries count.
func bytesOf(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(n)/1e9)
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if strings.HasSuffix(one, "y") {
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(one, "y"))
	}
	return fmt.Sprintf("%d %ss", n, one)
}
