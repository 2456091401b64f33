package container

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/rmtree"
	"golang.org/x/sys/unix"
)

// mergeRuns makes fewer of the layers, so that no more than maxLayers are left:
// the largest stay, and the small ones between two of them become one. So few
// files have to be linked, since most are in few packages. The last layer holds
// mount points and is another each time: it stays as it is. Merges are kept for
// the keeper's life.
func (k *keeper) mergeRuns(layers []string) ([]string, error) {
	last := len(layers) - 1
	alone, err := largest(layers[:last], (maxLayers-2)/2)
	if err != nil {
		return nil, mergeError(len(layers), err)
	}
	k.mergeMu.Lock()
	defer k.mergeMu.Unlock()
	var out, run []string
	flush := func() error {
		dir, err := k.mergeRun(run)
		if dir != "" {
			out = append(out, dir)
		}
		run = nil
		return err
	}
	for i, l := range layers {
		if i != last && !alone[l] {
			run = append(run, l)
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// mergeRun is one layer that shows what a run of them does, or "" for none.
func (k *keeper) mergeRun(run []string) (string, error) {
	if len(run) == 0 {
		return "", nil
	}
	if len(run) == 1 {
		return run[0], nil
	}
	key := strings.Join(run, "\x00")
	dir, ok := k.merged[key]
	if !ok {
		dir = filepath.Join(k.disk, "merged-"+strconv.Itoa(len(k.merged)))
		if err := mergeTrees(dir, run); err != nil {
			return "", mergeError(len(run), errors.Join(err, rmtree.RemoveAll(dir)))
		}
		k.merged[key] = dir
	}
	return dir, nil
}

// largest are at most n directories, those that hold the most. One that hides
// what layers below have is among them: a merged layer could not.
func largest(dirs []string, n int) (map[string]bool, error) {
	sizes := map[string]int{}
	for limit, more := 2000, n+1; more > n && limit < 1<<30; limit *= 10 { // what has more is large
		more = 0
		for _, d := range dirs {
			size, err := entries(d, limit)
			if err != nil {
				return nil, err
			}
			if sizes[d] = size; size > limit {
				more++
			}
		}
	}
	order := slices.Clone(dirs)
	slices.SortStableFunc(order, func(a, b string) int { return sizes[b] - sizes[a] })
	large := map[string]bool{}
	for _, d := range order[:min(n, len(order))] {
		large[d] = true
	}
	return large, nil
}

// entries counts what a directory holds, not far beyond limit. One with a
// whiteout has more than that.
func entries(dir string, limit int) (int, error) {
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if n++; d.Type()&fs.ModeCharDevice != 0 {
			n = limit + 1
		}
		if n > limit {
			return fs.SkipAll
		}
		return nil
	})
	return n, err
}

func mergeError(n int, err error) error {
	e := &Error{What: fmt.Sprintf("merge %d layers", n), Cause: err.Error(), errno: errnoOf(err)}
	if errors.Is(err, unix.EXDEV) {
		e.Remedy = fmt.Sprintf("more than %d layers are merged by hard links: keep them and the directory for "+
			"temporary files on one file system", maxLayers-1)
	}
	return e
}

// mergeTrees makes in dir, by hard links, what an overlay mount of trees, top
// first, would show. Directories that hide what layers below have stay opaque;
// whiteouts are not kept.
func mergeTrees(dir string, trees []string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return mergeDir(dir, trees)
}

// A shown is what an overlay mount shows at a name.
type shown struct {
	name string
	dirs []string // the directories that show through each other, top first
	file string   // or what is no directory
	shut bool     // nothing lower shows through
}

// mergeDir fills the directory out from directories, top first, and gives it
// the attributes of the first.
func mergeDir(out string, dirs []string) error {
	names := map[string]*shown{}
	var order []*shown
	for _, dir := range dirs {
		list, err := readDir(dir)
		if err != nil {
			return err
		}
		for _, e := range list {
			s := names[e.Name()]
			if s == nil {
				s = &shown{name: e.Name()}
				names[s.name] = s
				order = append(order, s)
			}
			s.lower(filepath.Join(dir, e.Name()), e)
		}
	}
	for _, s := range order {
		if err := s.make(filepath.Join(out, s.name)); err != nil {
			return err
		}
	}
	return copyAttributes(out, dirs[0])
}

// lower adds what a lower layer has at the name.
func (s *shown) lower(path string, e fs.DirEntry) {
	switch {
	case s.shut:
	case e.IsDir():
		s.dirs = append(s.dirs, path)
		s.shut = isOpaque(path)
	default: // a file or a whiteout hides what is below it
		s.shut = true
		if s.dirs == nil && e.Type()&fs.ModeCharDevice == 0 {
			s.file = path
		}
	}
}

func (s *shown) make(out string) error {
	if s.file != "" {
		return os.Link(s.file, out)
	}
	if s.dirs == nil {
		return nil
	}
	if err := os.Mkdir(out, 0o700); err != nil {
		return err
	}
	if s.shut {
		if err := unix.Lsetxattr(out, opaqueXattr, []byte("y"), 0); err != nil {
			return fmt.Errorf("%s: %w", out, err)
		}
	}
	return mergeDir(out, s.dirs)
}

// opaqueXattr says that a directory hides what layers below have in it.
const opaqueXattr = "user.overlay.opaque"

func isOpaque(dir string) bool {
	var v [2]byte
	n, err := unix.Lgetxattr(dir, opaqueXattr, v[:])
	return err == nil && n == 1 && v[0] == 'y'
}

// readDir lists a directory with the types of what is in it, in no order.
func readDir(dir string) ([]fs.DirEntry, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := f.ReadDir(-1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return list, err
}

// copyAttributes gives a directory another's mode, time and user attributes.
func copyAttributes(to, from string) error {
	var st unix.Stat_t
	if err := unix.Stat(from, &st); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	names, err := listXattrs(from)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasPrefix(name, "user.") || strings.HasPrefix(name, overlayXattr) {
			continue
		}
		value, err := getXattr(from, name)
		if err != nil {
			return err
		}
		if err := unix.Setxattr(to, name, value, 0); err != nil {
			return fmt.Errorf("%s: %w", to, err)
		}
	}
	if err := unix.Chmod(to, st.Mode&0o7777); err != nil {
		return fmt.Errorf("%s: %w", to, err)
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, to, []unix.Timespec{st.Atim, st.Mtim}, 0)
}
