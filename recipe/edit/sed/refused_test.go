package sed

import (
	"strings"
	"testing"
)

// What a script of sed cannot be read for is said with its place.
func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct {
		script   string
		extended bool
		want     string
	}{
		{`s/a/b/;/x/{d`, false, "sed script, at 13: a } is missing"},
		{`d}`, false, "at 2: a } closes nothing"},
		{`/a/,d`, false, "the second address is missing"},
		{`/a/`, false, "a command is missing"},
		{strings.Repeat("{", 22) + strings.Repeat("}", 22), false, "too many braces"},
		{`y/a/b/`, false, "the command 'y' makes it a program: write what it is to do as operations, or a patch"},
		{`dd`, false, "'d' stands behind a command"},
		{`\`, false, "a pattern is missing"},
		{`/a`, false, `"a" is not closed by '/'`},
		{`s`, false, "s has no pattern"},
		{`s/a/b`, false, `"b" is not closed by '/'`},
		{`s/a/b/w`, false, "s has the flag 'w'"},
		{`s//b/`, false, "the empty pattern means the last one, and there is none"},
		{`s/(a/b/`, true, "pattern \"(a\": error parsing regexp: missing closing )"},
		{`s/a/\1/`, false, `the replacement has \1, the pattern has 0 groups`},
		{`s/a/\L&/`, false, `the replacement changes case (\L)`},
		{`s/\(a\)\1/b/`, false, `the pattern refers back to a group (\1)`},
		{`s/[[:alpha/b/`, false, "a class in brackets has no end"},
		{`s/[ab/c/`, false, "a bracket has no end"},
	} {
		if _, err := Parse(tt.script, tt.extended); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want %q", tt.script, err, tt.want)
		}
	}
}

func TestParsePerlRefuses(t *testing.T) {
	for script, want := range map[string]string{
		`s/a/b/; y/a/b/`: "perl script, at 9: it is more than substitutions: write what it is to do as operations, or a patch",
		`s/a/b/e`:        "s has the flag 'e'",
		`s/a/b/ if $x`:   "`if` wants a pattern",
		`s/a/b/ if /(/`:  "missing closing )",
		`s{a} `:          "s is not complete",
		`s/a/b`:          `"b" is not closed by '/'`,
		`s/a/$1/`:        "the replacement has group 1, the pattern has 0",
		`s/a/$x/`:        "the replacement has a variable of perl's",
		`s/a/b/ d`:       "'d' stands behind a command",
	} {
		if _, err := ParsePerl(script); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", script, err, want)
		}
	}
}

// Without its file, a script is refused where only the file could tell.
func TestGuessRefuses(t *testing.T) {
	for script, want := range map[string]string{
		`/a/!d`:                   "the command is for all lines but some: say which ones are meant",
		`3s/a/b/`:                 "line 3 is a position, and positions change: say what stands there",
		`/a/,/b/s/c/d/`:           "the command is for a range of lines: name the section and the key in it",
		`$d`:                      "the command takes lines away by their position: say what stands there",
		`$c\x`:                    "the command changes lines by their position: say what stands there",
		`a\x`:                     "the text goes beside a line by its position: say beside what",
		`$s/a/b/`:                 "the command is for a line by its position: say what stands there",
		`s/^/x /`:                 "the command changes every line",
		`/\(a\)/s/b/c/`:           "the command is for lines that a pattern with groups selects: say which ones",
		`/a/s/\(b\) \(c\)/\2 \1/`: "the command is for lines that one pattern selects and another one changes: say what they say",
	} {
		s, err := Parse(script, false)
		if err != nil {
			t.Errorf("%s: %v", script, err)
			continue
		}
		if ops, err := Guess("/etc/x.txt", "", s); err == nil || err.Error() != want {
			t.Errorf("%s: %v, %v; want %q", script, ops, err, want)
		}
	}
}
