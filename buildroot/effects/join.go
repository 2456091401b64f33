package effects

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// LineFiles are the files whose effects are [Line]s.
func LineFiles() []string { return slices.Clone(lineFiles) }

// JoinLines adds lines that scripts wrote in other roots, each of others in one, to
// files of a root that are kept by line. A name that the root knows stays as it is,
// but for new members of a group. Accounts have the numbers that they had, or the
// next that are free. It returns the files that changed.
func JoinLines(files map[string]string, others []*Effects) map[string]string {
	j := joiner{lines: map[string][]string{}}
	for file, text := range files {
		j.lines[file] = splitLines(text)
	}
	for _, e := range others {
		j.join(e.Lines)
	}
	for _, e := range others { // when all accounts are known
		for _, l := range e.Lines {
			for _, m := range l.Members {
				j.member(l.File, l.Key, m.User)
			}
		}
	}
	changed := map[string]string{}
	for file, lines := range maps.All(j.lines) {
		if text := joinLines(lines); text != files[file] {
			changed[file] = text
		}
	}
	return changed
}

// A joiner has the lines of each file.
type joiner struct{ lines map[string][]string }

// join adds the lines of one root, whose groups have numbers of its own.
func (j *joiner) join(lines []Line) {
	gids := map[string]string{} // by the number there
	for _, l := range lines {
		fields := strings.Split(l.Text, ":")
		switch {
		case l.Text == "":
		case l.File == "/etc/group" && len(fields) == 4:
			old := fields[2]
			if here := j.find(l.File, l.Key); here >= 0 {
				gids[old] = strings.Split(j.lines[l.File][here]+":::", ":")[2]
				continue
			}
			fields[2], fields[3] = j.free(l.File, old), ""
			gids[old] = fields[2]
			j.add(l.File, l.Key, strings.Join(fields, ":"))
		case l.File == "/etc/gshadow" && len(fields) == 4:
			fields[3] = ""
			j.add(l.File, l.Key, strings.Join(fields, ":"))
		case l.File == "/etc/passwd":
		default:
			j.add(l.File, l.Key, l.Text)
		}
	}
	for _, l := range lines { // when the groups are known
		fields := strings.Split(l.Text, ":")
		if l.File != "/etc/passwd" || len(fields) != 7 {
			continue
		}
		fields[2] = j.free(l.File, fields[2])
		if gid, ok := gids[fields[3]]; ok {
			fields[3] = gid
		}
		j.add(l.File, l.Key, strings.Join(fields, ":"))
	}
}

// find is the line of a key, or -1.
func (j *joiner) find(file, key string) int {
	return slices.IndexFunc(j.lines[file], func(line string) bool { return keyOf(file, line) == key })
}

// add adds a line whose key is new.
func (j *joiner) add(file, key, line string) {
	if j.find(file, key) < 0 {
		j.lines[file] = append(j.lines[file], line)
	}
}

// free is a number that no line of passwd or group has: n, or the next one.
func (j *joiner) free(file, n string) string {
	used := map[string]bool{}
	for _, line := range j.lines[file] {
		used[strings.Split(line+":::", ":")[2]] = true
	}
	for used[n] {
		i, err := strconv.Atoi(n)
		if err != nil {
			break
		}
		n = strconv.Itoa(i + 1)
	}
	return n
}

// member puts a user who is there into a group that is there.
func (j *joiner) member(file, group, user string) {
	i := j.find(file, group)
	if i < 0 || j.find("/etc/passwd", user) < 0 || slices.Contains(membersOf(file, j.lines[file][i]), user) {
		return
	}
	line := j.lines[file][i]
	if !strings.HasSuffix(line, ":") {
		line += ","
	}
	j.lines[file][i] = line + user
}
