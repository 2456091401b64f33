package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// secretsFile is the user's own list of where secrets come from, below the
// directory of configurations. It is no file of the workspace: to build somebody
// else's recipe must not run a command or read a file of their choice.
const secretsFile = "ashlar/secrets.toml"

// An origin is where one secret comes from: one of the keys is set.
type origin struct {
	File    string   `toml:"file"`
	Env     string   `toml:"env"`
	Command []string `toml:"command"`
}

// secretTimeout is how long a command may take that tells a secret. It may have
// to ask somebody for a password.
const secretTimeout = 2 * time.Minute

// secret returns the caller's secret of that name, by the process that stayed
// root if there is one.
func (e *env) secret(ctx context.Context, name string) ([]byte, error) {
	c, err := e.usher()
	if err != nil {
		return nil, err
	}
	if c != nil {
		return c.Ask(name)
	}
	return originOf(ctx, name)
}

// token returns what the fetcher sends to a host, or "". Who needs it to be told
// is asked once.
func (e *env) token(ctx context.Context, host string) (string, error) {
	name, ok := e.tokens[host]
	if !ok {
		return "", nil
	}
	e.tellMu.Lock()
	defer e.tellMu.Unlock()
	if token, ok := e.revealed[name]; ok {
		return token, nil
	}
	data, err := e.secret(context.WithoutCancel(ctx), name) // a slow answer serves the next attempt
	if err != nil {
		return "", err
	}
	if e.revealed == nil {
		e.revealed = map[string]string{}
	}
	e.revealed[name] = strings.TrimSpace(string(data))
	return e.revealed[name], nil
}

// originOf returns a secret from where the user's file says, or else from the
// variable that is named after it.
func originOf(ctx context.Context, name string) ([]byte, error) {
	file, origins, err := readOrigins()
	if err != nil {
		return nil, err
	}
	o, ok := origins[name]
	variable := "ASHLAR_SECRET_" + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_", "+", "_").Replace(name))
	if !ok {
		if value, set := os.LookupEnv(variable); set {
			return []byte(value), nil
		}
		return nil, fmt.Errorf("nobody told the secret %s: set %s, or write [%s] with file, env or command into %s", name, variable, name, file)
	}
	data, err := o.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("secret %s, as %s says: %w", name, file, err)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, fmt.Errorf("secret %s, as %s says: it is empty", name, file)
	}
	return data, nil
}

// readOrigins reads the user's file. Without one there are no origins.
func readOrigins() (file string, origins map[string]origin, err error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "the file " + secretsFile, nil, nil
	}
	file = filepath.Join(dir, secretsFile)
	meta, err := toml.DecodeFile(file, &origins)
	if errors.Is(err, fs.ErrNotExist) {
		return file, nil, nil
	}
	if err != nil {
		return file, nil, fmt.Errorf("%s: %w", file, err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return file, nil, fmt.Errorf("%s: unknown key %q: a secret has file, env or command", file, extra[0].String())
	}
	return file, origins, nil
}

func (o origin) read(ctx context.Context) ([]byte, error) {
	set := 0
	for _, is := range []bool{o.File != "", o.Env != "", len(o.Command) > 0} {
		if is {
			set++
		}
	}
	switch {
	case set != 1:
		return nil, errors.New("it has to have one of file, env and command")
	case o.File != "":
		file := o.File
		if rest, ok := strings.CutPrefix(file, "~/"); ok {
			home, err := os.UserHomeDir()
			if err != nil {
				return nil, err
			}
			file = filepath.Join(home, rest)
		}
		return os.ReadFile(file)
	case o.Env != "":
		value, ok := os.LookupEnv(o.Env)
		if !ok {
			return nil, fmt.Errorf("there is no variable %s", o.Env)
		}
		return []byte(value), nil
	}
	ctx, cancel := context.WithTimeout(ctx, secretTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, o.Command[0], o.Command[1:]...)
	cmd.Stdin, cmd.Stderr = os.Stdin, os.Stderr // it may ask
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("command %s: %w", o.Command[0], err)
	}
	return out, nil
}
