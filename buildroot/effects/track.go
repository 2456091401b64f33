package effects

import (
	"context"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/job"
)

// A doer is who changed a path.
type doer struct {
	pkg    string
	script string
}

// A tracker compares what is in the upper layer after each script with what was
// there before it.
type tracker struct {
	now  map[string]job.Change
	who  map[string]doer
	book *lineBook
	last string // the last label
	by   doer   // of the last step
	err  error
}

func newTracker() *tracker {
	return &tracker{now: map[string]job.Change{}, who: map[string]doer{}, book: newLineBook()}
}

// checkpoint is called after each step, while the container waits.
func (v *run) checkpoint(ctx context.Context, label string) error {
	if v.track.err != nil {
		return v.track.err
	}
	v.track.last = label
	changes, err := v.runner.Scan(ctx, v.jobDir(), v.base)
	if err != nil {
		v.track.err = err
		return err
	}
	var by doer
	switch label {
	case startLabel:
	case doneLabel: // what the last step's processes did after it
		by = v.track.by
	default:
		by.pkg, by.script, _ = strings.Cut(label, " ")
	}
	v.track.by = by
	before := v.track.now
	v.track.see(changes, by, v.base)
	err = v.dateNew(before, by)
	if err == nil {
		err = v.editMade(ctx, by)
	}
	if err != nil {
		v.track.err = err
		return err
	}
	v.names.learn(v.readFile)
	for _, file := range lineFiles {
		if v.track.who[file] != by || by.pkg == "" {
			continue
		}
		text, err := v.upper.ReadFile(file[1:])
		if err != nil {
			text = nil // it is gone, and its lines with it
		}
		v.track.book.update(file, string(text), by.pkg, by.script)
	}
	return nil
}

// see notes who changed what since the last call. base tells whose a path of the
// layers below is.
func (t *tracker) see(changes []job.Change, by doer, base func(path string) (uid, gid uint32)) {
	now := make(map[string]job.Change, len(changes))
	for _, c := range changes {
		old, had := t.now[c.Path]
		if had && c.UID == 0 && c.GID == 0 && old.Ino == c.Ino && old.CTime.Equal(c.CTime) {
			// Owners of what can have no attribute are known only as long as
			// the container lives.
			c.UID, c.GID = old.UID, old.GID
		}
		if c.UID == 0 && c.GID == 0 && SharedByLine(c.Path) {
			// The passwd tools give a new file the owner of the old one, as
			// they read it: root.
			if c.UID, c.GID = base(c.Path); had {
				c.UID, c.GID = old.UID, old.GID
			}
		}
		now[c.Path] = c
		if !had || changed(&old, &c) {
			t.who[c.Path] = by
		}
	}
	for p := range t.now {
		if _, ok := now[p]; !ok {
			delete(t.who, p)
		}
	}
	t.now = now
}

// changed reports whether a script did something to a path. A directory's times
// change with what is in it. A file's inode is compared, too, because the
// kernel cuts ctime to its tick; a further hard link changes ctime alone and is
// no change of the file.
func changed(a, b *job.Change) bool {
	if a.Kind != b.Kind || a.Mode != b.Mode || a.UID != b.UID || a.GID != b.GID || a.Opaque != b.Opaque {
		return true
	}
	if a.Kind == job.Dir {
		return false
	}
	if a.Size != b.Size || a.Link != b.Link || a.Ino != b.Ino || string(a.Caps) != string(b.Caps) || !a.MTime.Equal(b.MTime) {
		return true
	}
	return !a.CTime.Equal(b.CTime) && a.Nlink == b.Nlink
}
