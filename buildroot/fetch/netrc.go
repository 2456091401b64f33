package fetch

import (
	"errors"
	"fmt"
	"strings"
)

// A netrc has names and passwords by host.
type netrc map[string]login

type login struct{ name, password string }

// defaultHost is netrc's entry for hosts that have none. It is not used: a
// password for everybody is a password given to any mirror.
const defaultHost = "default"

// parseNetrc reads the netrc(5) format: tokens between white space, "machine
// HOST login NAME password WORD", "account WORD" and "macdef NAME" up to an empty
// line left out. Lines that begin with # are comments, words may be in double
// quotes with \ before a quote, as curl and Python have it.
func parseNetrc(text string) (netrc, error) {
	all := make(netrc)
	var host string
	var have login
	put := func() {
		if _, twice := all[host]; host != "" && !twice { // the first entry counts
			all[host] = have
		}
		have = login{}
	}
	t := tokens{text: text, line: 1}
	for t.next() {
		key := t.word
		switch key {
		case "machine", "login", "password", "account", "macdef":
			if !t.next() {
				if t.err != nil {
					return nil, t.err
				}
				return nil, fmt.Errorf("line %d: %s without a word behind it", t.line, key)
			}
		}
		switch key {
		case "machine":
			put()
			host = strings.ToLower(t.word)
		case defaultHost:
			put()
			host = defaultHost
		case "login":
			have.name = t.word
		case "password":
			have.password = t.word
		case "account":
		case "macdef":
			t.skipMacro()
		default:
			return nil, fmt.Errorf("line %d: unknown word %q", t.line, key)
		}
	}
	put()
	delete(all, defaultHost)
	return all, t.err
}

// tokens splits a netrc file.
type tokens struct {
	text string
	line int
	word string
	err  error
}

// next reads the next word.
func (t *tokens) next() bool {
	for t.text != "" && t.err == nil {
		switch c := t.text[0]; c {
		case '\n':
			t.line++
			t.text = t.text[1:]
		case ' ', '\t', '\r':
			t.text = t.text[1:]
		case '#':
			t.text = t.text[lineEnd(t.text):]
		case '"':
			return t.quoted()
		default:
			end := strings.IndexAny(t.text, " \t\r\n")
			if end < 0 {
				end = len(t.text)
			}
			t.word, t.text = t.text[:end], t.text[end:]
			return true
		}
	}
	return false
}

func (t *tokens) quoted() bool {
	var b strings.Builder
	for i := 1; i < len(t.text); i++ {
		switch c := t.text[i]; {
		case c == '"':
			t.word, t.text = b.String(), t.text[i+1:]
			return true
		case c == '\n':
			t.err = fmt.Errorf("line %d: the quote does not end", t.line)
			return false
		case c == '\\' && i+1 < len(t.text):
			i++
			b.WriteByte(t.text[i])
		default:
			b.WriteByte(c)
		}
	}
	t.err = errors.New("the last quote does not end")
	return false
}

// skipMacro leaves out a macro's body, which ends at an empty line.
func (t *tokens) skipMacro() {
	body, rest, _ := strings.Cut(t.text, "\n\n")
	t.line += strings.Count(body, "\n") + 2
	t.text = rest
}

func lineEnd(s string) int {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return i
	}
	return len(s)
}
