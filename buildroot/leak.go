package buildroot

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/buildroot/secret"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

// secretsDir is where a step finds its secrets, each by its name.
const secretsDir = "/run/secrets/"

// A LeakError says that a step gave a secret away. What it wrote is not kept.
type LeakError struct {
	Step   string
	Secret string // its name
	Where  string // "/usr/lib/x", "its output"
	Shell  bool   // not the step did it, but a shell in the root that it left
	pos    diag.Pos
}

func (e *LeakError) Error() string {
	if e.Shell {
		return fmt.Sprintf("the secret %s is in %s: the root that step %q left is kept no longer", e.Secret, e.Where, e.Step)
	}
	return fmt.Sprintf("step %q gave the secret %s away in %s", e.Step, e.Secret, e.Where)
}

// Unwrap is the mistake in the recipe.
func (e *LeakError) Unwrap() error {
	if e.Shell {
		return nil
	}
	return &diag.Error{Pos: e.pos, Msg: e.Error(), Hint: "nothing of this build was kept; read " + secretsDir + e.Secret + " where it is needed, and write it nowhere"}
}

// revealSecrets asks for the secrets of all steps.
func (w *building) revealSecrets(ctx context.Context) (err error) {
	w.secrets = map[string][]byte{}
	for _, s := range w.do.Steps {
		for _, ref := range s.Secrets {
			if _, known := w.secrets[ref.Name]; known {
				continue
			}
			if w.Secret == nil {
				return &diag.Error{Pos: ref.Pos, Msg: fmt.Sprintf("nobody can tell the secret %s here", ref.Name)}
			}
			if w.secrets[ref.Name], err = w.Secret(ctx, ref.Name); err != nil {
				return &diag.Error{Pos: ref.Pos, Msg: fmt.Sprintf("step %q: %v", s.Name, err), Hint: "`ashlar build --help` says where secrets come from"}
			}
		}
	}
	if len(w.secrets) == 0 {
		return nil
	}
	w.search, err = secret.NewSearch(w.secrets)
	return err
}

func (w *building) leak(step, name, where string) error {
	e := &LeakError{Step: step, Secret: name, Where: strings.TrimPrefix(where, outDir)}
	for _, s := range w.do.Steps {
		if s.Name == step {
			e.pos = s.Pos
			if !s.RunPos.IsZero() {
				e.pos = s.RunPos
			}
		}
	}
	return e
}

// said looks at what a step said: its output, what it had refused, and the names
// of its files, which results keep even where a later step removes them.
func (w *building) said(s recipe.Step) error {
	if w.search == nil {
		return nil
	}
	if err := w.log.Flush(); err != nil {
		return err
	}
	if name := w.log.Leaked(); name != "" {
		return w.leak(s.Name, name, "its output")
	}
	if name, err := w.searchFile(filepath.Join(w.scratch.Dir(), logName)); name != "" || err != nil {
		return w.found(s.Name, name, "its output", err)
	}
	if name := w.search.Text(strings.Join(w.reports, "\n")); name != "" {
		return w.leak(s.Name, name, "the name of a file that it wanted")
	}
	if n := len(w.listed); n > 0 {
		return w.searchNames(s.Name, w.listed[n-1])
	}
	return nil
}

func (w *building) searchNames(step string, names []string) error {
	for _, p := range names {
		if name := w.search.Text(p); name != "" {
			return w.leak(step, name, "the name of a file")
		}
	}
	return nil
}

// found makes an error of what a search came to.
func (w *building) found(step, name, where string, err error) error {
	if name != "" {
		return w.leak(step, name, where)
	}
	if err != nil {
		return fmt.Errorf("step %q: %s: %w", step, where, err)
	}
	return nil
}

// searchFile returns the name of a secret in a regular file, or "".
func (w *building) searchFile(file string) (string, error) {
	f, err := openOwn(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	return w.search.File(f, info.Size())
}

// searchChanges looks for secrets in all that would be stored.
func (w *building) searchChanges(changes []job.Change) error {
	if w.search == nil {
		return nil
	}
	for _, c := range changes {
		step := w.stepAt(c.CTime)
		if err := w.searchNames(step, []string{c.Path}); err != nil {
			return err
		}
		var text strings.Builder
		text.WriteString(c.Link)
		for name, value := range c.Xattrs {
			text.WriteString("\n" + name + "\n" + value)
		}
		if name := w.search.Text(text.String()); name != "" {
			return w.leak(step, name, c.Path)
		}
		if c.Kind != job.Regular {
			continue
		}
		name, err := w.searchFile(filepath.Join(w.upper(), c.Path))
		if err := w.found(step, name, c.Path, err); err != nil {
			return err
		}
	}
	return nil
}

// leftSecret looks for secrets in all that a failed step left, before it is kept
// for a look into it.
func (w *building) leftSecret(s recipe.Step) error {
	if w.search == nil {
		return nil
	}
	if err := w.said(s); err != nil {
		return err
	}
	return w.searchLeft(s)
}

// searchLeft looks for secrets in a scratch directory, upper layer and all.
func (w *building) searchLeft(s recipe.Step) error {
	return filepath.WalkDir(w.scratch.Dir(), func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		where := path.Clean("/" + strings.TrimPrefix(file, w.upper()))
		if err := w.searchNames(s.Name, []string{where}); err != nil {
			return err
		}
		switch {
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(file)
			if err != nil {
				return err
			}
			return w.found(s.Name, w.search.Text(target), where, nil)
		case !d.Type().IsRegular():
			return nil
		}
		name, err := w.searchFile(file)
		return w.found(s.Name, name, where, err)
	})
}
