package effects

import (
	"slices"
	"strconv"
	"strings"
)

// rewrite makes equal what a rule says is not: dates, order. Other rules leave
// the bytes.
func rewrite(rule Rule, data []byte, epoch int64) ([]byte, error) {
	switch rule {
	case RuleDate:
		return []byte(dateLines(string(data), epoch)), nil
	case RuleJKS:
		return normaliseJKS(data, epoch)
	case RuleSort:
		return []byte(sortBlocks(string(data))), nil
	case RuleKeys:
		return []byte(sortKeys(string(data))), nil
	}
	return data, nil
}

// dateLines sets the day of the last change in lines as of shadow(5) that have
// nine fields; gshadow's have four and no day.
func dateLines(text string, epoch int64) string {
	lines := splitLines(text)
	for i, l := range lines {
		fields := strings.Split(l, ":")
		if len(fields) == 9 && fields[2] != "" {
			fields[2] = strconv.FormatInt(epoch/86400, 10)
			lines[i] = strings.Join(fields, ":")
		}
	}
	return joinLines(lines)
}

func joinLines(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// sortBlocks sorts what "ls -R" printed: the names of each directory, and the
// directories.
func sortBlocks(text string) string {
	head := ""
	if strings.HasPrefix(text, "%") { // TeX's comment, which must stay first
		i := strings.IndexByte(text, '\n') + 1
		head, text = text[:i], text[i:]
	}
	blocks := strings.Split(strings.Trim(text, "\n"), "\n\n")
	for i, b := range blocks {
		lines := strings.Split(b, "\n")
		if strings.HasSuffix(lines[0], ":") {
			slices.Sort(lines[1:])
		} else {
			slices.Sort(lines)
		}
		blocks[i] = strings.Join(lines, "\n")
	}
	slices.Sort(blocks)
	return head + strings.Join(blocks, "\n\n") + "\n"
}

// sortKeys sorts the lines of each section that begin with white space.
func sortKeys(text string) string {
	lines := splitLines(text)
	for from := 0; from < len(lines); from++ {
		to := from
		for to < len(lines) && strings.TrimLeft(lines[to], " \t") != lines[to] {
			to++
		}
		slices.Sort(lines[from:to])
		from = to
	}
	return joinLines(lines)
}
