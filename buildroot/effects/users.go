package effects

import (
	"fmt"
	"strconv"
	"strings"

	"os"
)

// addUsers writes the wave's users and groups to the upper layer.
func (v *run) addUsers() error {
	if len(v.Users) == 0 && len(v.Groups) == 0 {
		return nil
	}
	day := strconv.FormatInt(v.Epoch/86400, 10)
	for _, f := range []struct {
		file  string
		mode  os.FileMode
		lines []string
		more  func(name string) string // for the shadow files, which the lines do not have
	}{
		{"/etc/passwd", 0o644, v.Users, nil},
		{"/etc/group", 0o644, v.Groups, nil},
		{"/etc/shadow", 0o640, v.Users, func(name string) string { return name + ":!:" + day + "::::::" }},
		{"/etc/gshadow", 0o640, v.Groups, func(name string) string { return name + ":!::" }},
	} {
		lines := f.lines
		if f.more != nil {
			lines = nil
			for _, l := range f.lines {
				name, _, _ := strings.Cut(l, ":")
				lines = append(lines, f.more(name))
			}
		}
		if err := v.addLines(f.file, f.mode, lines); err != nil {
			return err
		}
	}
	return nil
}

// addLines adds the lines whose names a file does not have yet. Without a
// shadow file there is nothing to add to; without passwd there is no root.
func (v *run) addLines(file string, mode os.FileMode, lines []string) error {
	text, ok := readTop(v.Earlier, file)
	if !ok && (file == "/etc/passwd" || file == "/etc/group") {
		return fmt.Errorf("add users: the waves before have no %s", file)
	}
	if !ok || len(lines) == 0 {
		return nil
	}
	have := map[string]bool{}
	for _, l := range splitLines(string(text)) {
		have[keyOf(file, l)] = true
	}
	now := string(text)
	for _, l := range lines {
		if !have[keyOf(file, l)] {
			now += l + "\n"
		}
	}
	if now == string(text) {
		return nil
	}
	if err := v.upper.MkdirAll("etc", 0o755); err != nil {
		return fmt.Errorf("add users: %w", err)
	}
	if err := v.upper.WriteFile(file[1:], []byte(now), mode); err != nil {
		return fmt.Errorf("add users: %w", err)
	}
	if err := v.upper.Chmod(file[1:], mode); err != nil {
		return fmt.Errorf("add users: %w", err)
	}
	v.track.book.update(file, now, "", "")
	return nil
}
