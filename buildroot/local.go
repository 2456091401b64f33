package buildroot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/ashlar-build/ashlar/recipe/plan"
)

// localTime is the time of all files that come from a directory of the
// workspace, whose own times differ from checkout to checkout. It is after 1980,
// before which zip archives cannot date files.
var localTime = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// placeLocal copies files of the workspace to dir. What is there must still be
// what was planned.
func placeLocal(ctx context.Context, workspace fs.FS, s plan.Source, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, e := range s.Entries {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := root.MkdirAll(path.Dir(e.Path), 0o755); err != nil {
			return err
		}
		if e.Link != "" {
			err = root.Symlink(e.Link, e.Path)
		} else {
			err = placeFile(workspace, path.Join(s.Dir, e.Path), root, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func placeFile(workspace fs.FS, from string, root *os.Root, e plan.Entry) error {
	r, err := workspace.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	mode := os.FileMode(0o644)
	if e.Exec {
		mode = 0o755
	}
	w, err := root.OpenFile(e.Path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	defer w.Close()
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, h), r); err != nil {
		return err
	}
	if hex.EncodeToString(h.Sum(nil)) != e.SHA256 {
		return fmt.Errorf("%s was changed since this build began: build again", from)
	}
	if err := w.Chmod(mode); err != nil { // whatever the umask is
		return err
	}
	return root.Chtimes(e.Path, localTime, localTime)
}
