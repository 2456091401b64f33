package buildroot

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ashlar-build/ashlar/buildroot/store"
)

// Left is the root that the last failed step of a recipe left. Close it after
// use; until then nobody else can have it.
type Left struct {
	Step string // the step that failed

	dir *store.Scratch
}

// OpenLeft opens what the last failed step of a recipe left, until another
// builds it. The error is an fs.ErrNotExist if there is nothing.
func OpenLeft(s *store.Store, recipe string) (*Left, error) {
	dir, err := s.Kept(keptName(recipe))
	if err != nil {
		return nil, err
	}
	step, err := os.ReadFile(filepath.Join(dir.Dir(), stepsName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(err, dir.Close())
	}
	return &Left{Step: string(step), dir: dir}, nil
}

// Close ends the use. What was left stays.
func (l *Left) Close() error { return l.dir.Close() }

// OpenLeftLog opens what the steps of a recipe wrote up to the failure of the
// last of them, also while somebody uses the rest. The caller closes it. The
// error is an fs.ErrNotExist if no step has failed since the last build.
func OpenLeftLog(s *store.Store, recipe string) (io.ReadCloser, error) {
	return s.OpenKept(keptName(recipe), logName)
}

// OpenLog opens what an action of this result wrote. The caller closes it. The
// error is an fs.ErrNotExist if actions of its kind write nothing.
func OpenLog(s *store.Store, r store.Result) (io.ReadCloser, error) {
	digest, ok := r.Blobs[logName]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return s.Blob(digest)
}
