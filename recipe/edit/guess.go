package edit

import (
	"path"
	"strings"
)

// guess looks at a file whose path says nothing and names the format that its
// lines have, or "text". It wants nearly all of the active lines to have one
// shape; where none is active, those that may have been commented out.
func guess(name, src string) string {
	head := strings.TrimLeft(strings.TrimPrefix(src, bom), " \t\r\n")
	switch {
	case isSource(name):
		return "text"
	case strings.HasPrefix(head, "#!"):
		return "shell"
	}
	var active, quiet shapes
	for at, n := 0, 0; at < len(src) && n < 20000; n++ {
		end := lineEnd(src, at)
		line := strings.TrimSpace(src[at:end])
		at = end
		switch {
		case line == "":
		case strings.IndexByte("#;", line[0]) >= 0 || strings.HasPrefix(line, "//"):
			if bare := strings.TrimLeft(line, "#;/"); bare != "" && !isBlank(bare[0]) {
				quiet.count(bare)
			}
		default:
			active.count(line)
		}
	}
	if active.lines == 0 {
		return quiet.format()
	}
	format := active.format()
	if format == "blocks" && reads(src, "braces") && !reads(src, format) {
		return "braces" // statements that end with their lines
	}
	return format
}

// reads reports whether a format explains all of src.
func reads(src, format string) bool {
	f, err := formatOf(Input{Format: format})
	return err == nil && len(f.parse(src).odd) == 0
}

// shapes counts what lines look like.
type shapes struct {
	lines, head, assign, pair, colon, open, shut, stop int
}

func (c *shapes) count(line string) {
	c.lines++
	key := 0
	for key < len(line) && isKey(line[key:key+1]) && line[key] != ':' {
		key++
	}
	rest := strings.TrimLeft(line[key:], " \t")
	switch {
	case line[0] == '[' && strings.Contains(line, "]"):
		c.head++
	case strings.HasSuffix(line, "{"):
		c.open++
	case line == "}" || line == "};":
		c.shut++
	case key > 0 && rest != "" && rest[0] == '=':
		c.assign++
	case key > 0 && strings.HasPrefix(rest, ":") && (len(rest) == 1 || isBlank(rest[1])):
		c.colon++
	case key > 0 && rest != "" && len(rest) < len(line)-key:
		c.pair++
	}
	if strings.HasSuffix(line, ";") && !strings.HasSuffix(line, "};") {
		c.stop++
	}
}

// format returns the format that nine of ten lines have.
func (c *shapes) format() string {
	most := func(n int) bool { return n > 0 && n*10 >= c.lines*9 }
	switch {
	case c.stop > 0 && most(c.stop+c.open+c.shut):
		return "blocks"
	case c.open > 0 && most(c.assign+c.open+c.shut):
		return "braces"
	case c.head > 0 && most(c.head+c.assign):
		return "ini"
	case most(c.assign):
		return "keyvalue"
	case most(c.colon):
		return "colon"
	case most(c.pair):
		return "spaced"
	}
	return "text"
}

// isSource reports whether a file is a program's source or prose, which has
// nothing that a key could name.
func isSource(name string) bool {
	switch path.Ext(name) {
	case ".c", ".h", ".cc", ".cpp", ".hpp", ".go", ".rs", ".js", ".ts", ".jsx", ".py", ".pl", ".pm", ".rb", ".java",
		".php", ".in", ".am", ".ac", ".m4", ".md", ".rst", ".txt", ".html", ".htm", ".css", ".scss", ".sql", ".patch", ".diff", ".el", ".vim", ".spec":
		return true
	}
	base := path.Base(name)
	return strings.HasPrefix(base, "Makefile") || strings.HasPrefix(base, "CMakeLists") || base == "configure" || strings.HasPrefix(base, "README")
}

// onKeys reports whether an operation names entries, so that plain text will not do.
func (o Op) onKeys() bool {
	switch o.Verb {
	case Set, Unset, Comment, Uncomment, Rename, Add, Remove, Section:
		return true
	case Insert:
		_, pattern := anchorPattern(o.At)
		return !pattern
	}
	return false
}
