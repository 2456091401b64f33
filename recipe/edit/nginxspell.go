package edit

import (
	"fmt"
	"strings"
)

func (x nginx) value(t *tree, n *node, v Value) (string, error) {
	lead := ""
	if n.val.empty() {
		lead = " "
	}
	if len(n.words) == 1 && n.words[0].quote != 0 {
		return nginxQuote(v.Text, n.words[0].quote), nil
	}
	if x.plain(v.Text) || x.isList(v.Text) {
		return lead + v.Text, nil
	}
	if len(n.words) > 1 {
		return "", fmt.Errorf("%q is not read as arguments: put quotes around those that need them", v.Text)
	}
	return lead + nginxQuote(v.Text, '"'), nil
}

func (x nginx) arg(t *tree, n *node, i int, v Value) (string, error) {
	if i >= 0 && n.words[i].quote != 0 {
		return nginxQuote(v.Text, n.words[i].quote), nil
	}
	if x.plain(v.Text) && !strings.ContainsAny(v.Text, " \t\n") {
		return v.Text, nil
	}
	return nginxQuote(v.Text, '"'), nil
}

func (x nginx) entry(t *tree, like *node, name string, v Value) (string, error) {
	if !x.plain(name) || strings.ContainsAny(name, " \t") {
		return "", fmt.Errorf("%q cannot name a directive", name)
	}
	text := v.Text
	if text == "" {
		return name + ";", nil
	}
	if !x.plain(text) && !x.isList(text) {
		text = nginxQuote(text, '"')
	}
	if like != nil && like.val.start > like.nameAt.end && strings.Contains(t.src[like.nameAt.end:like.val.start], "=") {
		return name + t.src[like.nameAt.end:like.val.start] + text + ";", nil
	}
	return name + gapLike(t, like, name) + text + ";", nil
}

// isList reports whether s is an array as UCL writes it, with its brackets.
func (x nginx) isList(s string) bool {
	if !x.slashes || !strings.HasPrefix(s, "[") || !strings.HasSuffix(s, "]") {
		return false
	}
	t := x.parse("k = " + s + ";")
	return isWhole(t, s)
}

// plain reports whether s, as it is, reads as one or more words.
func (x nginx) plain(s string) bool {
	for at := 0; at < len(s); {
		if c := s[at]; c == ' ' || c == '\t' || c == '\n' {
			at++
			continue
		}
		if strings.IndexByte(";{}#\r", s[at]) >= 0 {
			return false
		}
		w := nginxWord(s, &at)
		if (s[w.start] == '"' || s[w.start] == '\'') && (w.quote == 0 || !x.endsWord(s[at:])) {
			return false
		}
		if w.quote == 0 && w.text != s[w.start:w.end] {
			return false // it would be read as something else
		}
		if s[at-1] == '\\' && (at < 2 || s[at-2] != '\\') || strings.ContainsAny(s[w.start:w.end], "\r\n") && w.quote == 0 {
			return false
		}
	}
	return strings.TrimSpace(s) != "" && s == strings.TrimSpace(s)
}

// endsWord reports whether a quoted word may end before s.
func (x nginx) endsWord(s string) bool {
	return s == "" || strings.IndexByte(" \t\n", s[0]) >= 0 || x.slashes && s[0] == ','
}

// nginxQuote puts s into quotes, with no more backslashes than it takes: others
// stay what they are to nginx, for regular expressions.
func nginxQuote(s string, q byte) string {
	var b strings.Builder
	b.WriteByte(q)
	for i := range len(s) {
		if s[i] == q || s[i] == '\\' && (i+1 == len(s) || strings.IndexByte(`"'\trn`, s[i+1]) >= 0) {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	b.WriteByte(q)
	return b.String()
}

// gapLike returns the blanks between name and value as like has them: the same
// tabs, or blanks up to the same column.
func gapLike(t *tree, like *node, name string) string {
	if like == nil || like.val.start < 0 || like.val.empty() {
		return " "
	}
	gap := t.src[like.nameAt.end:like.val.start]
	if strings.Trim(gap, " \t") != "" || gap == "" {
		return " "
	}
	if strings.Contains(gap, "\t") || len(gap) == 1 {
		return gap
	}
	return strings.Repeat(" ", max(1, len(like.name)+len(gap)-len(name)))
}
