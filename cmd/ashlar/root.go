package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/buildroot/usher"
	"github.com/ashlar-build/ashlar/layer/oci/registry"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

// Names by which this program and its usher know directories.
const (
	workspaceDir = "workspace"
	outputDir    = "output"
	homeDir      = "home"
)

// Where a person keeps credentials, from home: they are read for the other user,
// and nothing else there is.
const (
	netrcFile  = ".netrc"
	dockerFile = ".docker/config.json"
)

// becomeUser hands a command that was started as root to this same program under
// an ordinary uid, and stays to open files for it. It reports whether it did.
func (e *env) becomeUser(ctx context.Context, cmd *command, args []string) (code int, done bool) {
	if os.Geteuid() != 0 || !cmd.store {
		return 0, false
	}
	code, err := e.ushered(ctx, cmd, args)
	if err != nil {
		return e.finish(cmd, err), true
	}
	return code, true
}

func (e *env) ushered(ctx context.Context, cmd *command, args []string) (int, error) {
	e.dir = flagValue(args, "C", e.dir)
	dir, err := e.findWorkspace()
	if err != nil {
		return 0, err
	}
	storeDir := flagValue(args, "store", e.storeDir)
	if storeDir == "" {
		storeDir = store.DefaultDir(0)
	}
	if storeDir, err = filepath.Abs(storeDir); err != nil {
		return 0, err
	}
	uid, gid := usher.BuildUser()
	if err := store.Make(storeDir, uid, gid); err != nil {
		return 0, err
	}
	dirs := map[string]usher.Dir{workspaceDir: {Path: dir, Write: true}}
	if home, err := os.UserHomeDir(); err == nil && exists(home) {
		dirs[homeDir] = usher.Dir{Path: home, Only: []string{netrcFile, dockerFile}}
	}
	if cmd.outputs != nil {
		out, err := outputOf(cmd.outputs(args))
		if err != nil {
			return 0, err
		}
		if out != "" {
			dirs[outputDir] = usher.Dir{Path: out, Write: true}
		}
	}
	t := &rootTeller{ctx: ctx, uid: uid, gid: gid}
	defer t.close()
	return usher.Run(context.WithoutCancel(ctx), usher.Options{
		UID: uid, GID: gid, Dirs: dirs, Env: []string{"ASHLAR_STORE=" + storeDir},
		Tell:    t.tell,
		Connect: func(address string) ([]*os.File, error) { return connectGit(ctx, address) },
	})
}

// outputOf is the directory in which a command's output will be, made if it is
// to be one itself.
func outputOf(paths []string) (string, error) {
	for _, p := range paths {
		dir, isDir := strings.CutSuffix(p, "/")
		if !isDir {
			dir = filepath.Dir(p)
		} else if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", err
		}
		return filepath.Abs(dir)
	}
	return "", nil
}

// flagValue finds a flag among arguments that nobody has parsed yet.
func flagValue(args []string, name, otherwise string) string {
	for i, a := range args {
		if a == "--" {
			break
		}
		bare := strings.TrimPrefix(strings.TrimPrefix(a, "-"), "-")
		if bare == a {
			continue
		}
		if bare == name && i+1 < len(args) {
			return args[i+1]
		}
		if value, ok := strings.CutPrefix(bare, name+"="); ok {
			return value
		}
		if letter, value, ok := attached(a); ok && letter == name {
			return value
		}
	}
	return otherwise
}

// lastOperand is what a command writes to when that stands last on its line.
func lastOperand(args []string) []string {
	if len(args) < 2 || strings.HasPrefix(args[len(args)-1], "-") {
		return nil
	}
	return args[len(args)-1:]
}

// workspaceFiles opens the workspace, by the usher if there is one.
func (e *env) workspaceFiles() (*usher.Files, error) {
	if e.files != nil {
		return e.files, nil
	}
	c, err := e.usher()
	if err != nil {
		return nil, err
	}
	if c != nil {
		e.files, err = c.Open(workspaceDir)
	} else {
		var dir string
		if dir, err = e.findWorkspace(); err == nil {
			e.files, err = usher.Open(dir)
		}
	}
	if err != nil {
		return nil, err
	}
	e.deferClose(e.files.Close)
	return e.files, nil
}

// lineAt returns the text of a place's line in a file of the workspace, or
// nothing if it cannot be read any more.
func (e *env) lineAt(at diag.Pos) string {
	files, err := e.workspaceFiles()
	if err != nil {
		return ""
	}
	text, err := fs.ReadFile(files, at.File)
	if err != nil {
		return ""
	}
	lines := strings.Split(string(text), "\n")
	if at.Line < 1 || at.Line > len(lines) {
		return ""
	}
	return strings.TrimSuffix(lines[at.Line-1], "\r")
}

// usher connects to the process that stayed root, if there is one.
func (e *env) usher() (*usher.Client, error) {
	if e.connected {
		return e.client, nil
	}
	c, err := usher.Connect()
	if err != nil {
		return nil, err
	}
	e.client, e.connected = c, true
	if c != nil {
		e.deferClose(c.Close)
	}
	return c, nil
}

// writeFile puts a file of the workspace into its place.
func (e *env) writeFile(name string, data []byte) error {
	files, err := e.workspaceFiles()
	if err != nil {
		return err
	}
	w, err := files.Create(name, 0o644)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("write %s: uid %d may not write to the workspace's directory", name, os.Getuid())
	}
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return w.Close()
}

// create starts a file that appears when it is closed.
func (e *env) create(path string) (*usher.Writer, error) {
	c, err := e.usher()
	if err != nil {
		return nil, err
	}
	var dir *usher.Files
	if c != nil {
		dir, err = c.Open(outputDir)
	} else {
		dir, err = usher.Open(filepath.Dir(path))
	}
	if err != nil {
		return nil, err
	}
	e.deferClose(dir.Close)
	return dir.Create(filepath.Base(path), 0o644)
}

// credentials reads a file with credentials; nil if there is none that can be read.
func (e *env) credentials(name string) ([]byte, error) {
	c, err := e.usher()
	if err != nil {
		return nil, err
	}
	if c == nil {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, nil
		}
		return unlessAbsent(os.ReadFile(filepath.Join(home, name)))
	}
	home, err := c.Open(homeDir)
	if err != nil {
		return nil, nil // whoever is root has no home
	}
	defer home.Close()
	return unlessAbsent(fs.ReadFile(home, name))
}

func unlessAbsent(data []byte, err error) ([]byte, error) {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil, nil
	}
	return data, err
}

// registryOptions are how registries are asked. Started as root, the other user can
// not look for credentials itself.
func (e *env) registryOptions() (registry.Options, error) {
	o := registry.Options{Jobs: e.jobs, UserAgent: "ashlar"}
	c, err := e.usher()
	if c == nil || err != nil {
		return o, err
	}
	text, err := e.credentials(dockerFile)
	if len(text) > 0 && err == nil {
		o.Keychain, err = registry.Keychain(text)
	}
	return o, err
}
