package effects

import (
	"slices"
	"strings"
)

// A Line is one line of a file that many packages write to, and who wrote it.
// A wave has the lines that its scripts added, changed or removed, in the order
// of Files and then as they stand in the file.
type Line struct {
	File    string   `json:"file"`              // "/etc/passwd"
	Key     string   `json:"key"`               // the first field; of shells the whole line
	Text    string   `json:"text,omitempty"`    // the line as the wave left it; empty if it is gone
	Package string   `json:"package,omitempty"` // whose script added or removed it; empty: Wave.Users
	Script  string   `json:"script,omitempty"`
	Changed bool     `json:"changed,omitempty"` // it was there before the wave
	Members []Member `json:"members,omitempty"` // of group and gshadow: who was put into it, and by whom
}

// A Member is a user that a script put into a group.
type Member struct {
	User    string `json:"user"`
	Package string `json:"package,omitempty"`
	Script  string `json:"script,omitempty"`
}

// lineFiles are the files kept by line.
var lineFiles = []string{
	"/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/subuid", "/etc/subgid", "/etc/shells",
}

// SharedByLine reports whether a path is of a file whose effects are [Line]s.
func SharedByLine(path string) bool { return slices.Contains(lineFiles, path) }

// A lineBook follows the shared files from script to script.
type lineBook struct {
	now  map[string][]string        // file → its lines
	note map[string]map[string]Line // file → key → what this wave did to it
}

func newLineBook() *lineBook {
	return &lineBook{now: map[string][]string{}, note: map[string]map[string]Line{}}
}

// begin sets what a file has before the wave.
func (b *lineBook) begin(file, text string) { b.now[file] = splitLines(text) }

func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// keyOf is what a line is known by. Comments of shells are lines as others are.
func keyOf(file, line string) string {
	if file == "/etc/shells" {
		return line
	}
	key, _, _ := strings.Cut(line, ":")
	return key
}

// update compares a file with what it was and puts the difference to a script.
func (b *lineBook) update(file, text, pkg, script string) {
	old, lines := b.now[file], splitLines(text)
	if slices.Equal(old, lines) {
		return
	}
	was := map[string]string{}
	for _, l := range old {
		was[keyOf(file, l)] = l
	}
	for _, l := range lines {
		key := keyOf(file, l)
		if before, ok := was[key]; !ok || before != l {
			b.put(file, key, before, l, ok, pkg, script)
		}
		delete(was, key)
	}
	for key := range was {
		b.gone(file, key, pkg, script)
	}
	b.now[file] = lines
}

func (b *lineBook) put(file, key, before, line string, had bool, pkg, script string) {
	n, known := b.entry(file, key)
	if !known {
		n = Line{File: file, Key: key, Package: pkg, Script: script, Changed: had}
	}
	n.Text = line
	for _, user := range membersOf(file, line) {
		if slices.Contains(membersOf(file, before), user) {
			continue
		}
		n.Members = append(n.Members, Member{User: user, Package: pkg, Script: script})
	}
	n.Members = slices.DeleteFunc(n.Members, func(m Member) bool { return !slices.Contains(membersOf(file, line), m.User) })
	b.note[file][key] = n
}

func (b *lineBook) entry(file, key string) (Line, bool) {
	if b.note[file] == nil {
		b.note[file] = map[string]Line{}
	}
	n, ok := b.note[file][key]
	return n, ok
}

func (b *lineBook) gone(file, key, pkg, script string) {
	n, known := b.entry(file, key)
	if known && !n.Changed {
		delete(b.note[file], key) // it came and went in this wave
		return
	}
	b.note[file][key] = Line{File: file, Key: key, Package: pkg, Script: script, Changed: true}
	_ = n
}

// membersOf are the users in a line of group(5) or gshadow(5): its last field.
func membersOf(file, line string) []string {
	if file != "/etc/group" && file != "/etc/gshadow" {
		return nil
	}
	fields := strings.Split(line, ":")
	if len(fields) != 4 || fields[3] == "" {
		return nil
	}
	return strings.Split(fields[3], ",")
}

// lines are what the wave did, in the files' order; lines that are gone come
// last, by key.
func (b *lineBook) lines() []Line {
	var out []Line
	for _, file := range lineFiles {
		notes := b.note[file]
		for _, l := range b.now[file] {
			if n, ok := notes[keyOf(file, l)]; ok && n.Text == l {
				out = append(out, n)
			}
		}
		var gone []Line
		for _, n := range notes {
			if n.Text == "" {
				gone = append(gone, n)
			}
		}
		slices.SortFunc(gone, func(a, b Line) int { return strings.Compare(a.Key, b.Key) })
		out = append(out, gone...)
	}
	return out
}
