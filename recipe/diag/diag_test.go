package diag

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"
)

// mistake is the one that the package's documentation prints.
func mistake() *Error {
	return &Error{
		Pos:  Pos{File: "bad.toml", Line: 4, Col: 11, End: 18},
		Msg:  `unknown step "fetch"`,
		Hint: `the steps before "build" are []`,
		Line: "\tneeds = [\"fetch\"]",
	}
}

func TestPrint(t *testing.T) {
	const form = `bad.toml:4:11: unknown step "fetch"
    4 | 	needs = ["fetch"]
      | 	         ^^^^^^^
hint: the steps before "build" are []
`
	list := &List{}
	list.Add(mistake())
	whole := &Error{Pos: Pos{File: "x.toml"}, Msg: "the file is larger than 4 MiB"}
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"nothing", nil, ""},
		{"one", mistake(), form},
		{"a list", list.Err(), form},
		{"wrapped with its own words", fmt.Errorf("%w", list.Err()), form},
		{"wrapped with others", fmt.Errorf("check: %w", mistake()), form},
		{"wrapped, and no mistake", fmt.Errorf("open: %w", errors.New("no such file")), "open: no such file\n"},
		{"joined with another error", errors.Join(list.Err(), errors.New("open x: no such file")), form + "open x: no such file\n"},
		{"inside a multierror", &multierror.Error{Errors: []error{errors.New("a"), errors.Join(mistake())}}, "a\n" + form},
		{"an empty multierror", (*multierror.Error)(nil), ""},
		{"a whole file", whole, "x.toml: the file is larger than 4 MiB\n"},
		{"no place", &Error{Msg: "m", Hint: "h"}, "m\nhint: h\n"},
		{"control characters", &Error{Pos: Pos{"f", 1, 3, 4}, Msg: "m", Line: "ü\x1b[2J"}, "f:1:3: m\n    1 | ü\uFFFD[2J\n      |  ^\n"},
		{"behind the line", &Error{Pos: Pos{"f", 1, 9, 20}, Msg: "m", Line: "abc"}, "f:1:9: m\n    1 | abc\n      |    ^\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			if err := Print(&b, tt.err, Options{}); err != nil {
				t.Fatal(err)
			}
			if b.String() != tt.want {
				t.Errorf("got\n%s\nwant\n%s", b.String(), tt.want)
			}
		})
	}
}

func TestPrintInColour(t *testing.T) {
	var b strings.Builder
	if err := Print(&b, mistake(), Options{Color: true}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\x1b[1mbad.toml:4:11:\x1b[0m unknown", "\x1b[1;31m^^^^^^^\x1b[0m", "\x1b[36mhint:\x1b[0m the steps"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in %q", want, b.String())
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestPrintTellsOfItsWriter(t *testing.T) {
	if err := Print(brokenWriter{}, mistake(), Options{}); err == nil {
		t.Error("the error of the writer is lost")
	}
}

func TestListIsInOrderAndOnce(t *testing.T) {
	var l List
	add := func(file string, line, col int, msg string) {
		l.Add(&Error{Pos: Pos{file, line, col, col + 1}, Msg: msg})
	}
	add("b", 9, 1, "m1")
	add("a", 2, 1, "m2")
	add("b", 3, 7, "m3")
	add("b", 3, 2, "m4")
	add("b", 9, 1, "m1")
	add("b", 9, 1, "m5")
	const want = "b:3:2: m4\nb:3:7: m3\nb:9:1: m1\nb:9:1: m5\na:2:1: m2"
	err := l.Err()
	if err.Error() != want || l.Len() != 5 {
		t.Errorf("got %d\n%v\nwant\n%s", l.Len(), err, want)
	}
	if got := Of(fmt.Errorf("check: %w", err)); len(got) != 5 {
		t.Errorf("a wrapped list has %v", got)
	}
	if got := Of(errors.Join(err, errors.New("x"))); len(got) != 5 || got[0].Msg != "m4" {
		t.Errorf("Of found %v", got)
	}
	if err := new(List).Err(); err != nil {
		t.Errorf("an empty list is the error %v", err)
	}
}

// What has several causes and says so in words of its own is printed in them.
func TestPrintSentence(t *testing.T) {
	sentence := fmt.Errorf("fetch a: here %w, there %w", errors.New("x"), errors.New("y"))
	var b strings.Builder
	if err := Print(&b, errors.Join(sentence, errors.New("z")), Options{}); err != nil || b.String() != "fetch a: here x, there y\nz\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestPos(t *testing.T) {
	if s := (Pos{Line: 2, Col: 3}).String(); s != "2:3" {
		t.Errorf("a place without a file is %q", s)
	}
	if !(Pos{}).IsZero() || (Pos{File: "x"}).IsZero() {
		t.Error("IsZero is wrong")
	}
}

func TestSlip(t *testing.T) {
	keys := []string{"PermitRootLogin", "ssl_certificate", "port", "in0_min", "auth-enabled", "server"}
	for word, want := range map[string]string{
		"PermitRootLogn": "PermitRootLogin", "PermitRootLoign": "PermitRootLogin", "permitrootlogin": "PermitRootLogin",
		"auth_enabled": "auth-enabled", "prot": "port", "sever": "server",
		"port": "", "ssl_certificate_key": "", "in1_min": "", "pt": "", "sport": "port", "observe": "", "": "",
	} {
		if got := Slip(word, keys); got != want {
			t.Errorf("Slip(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	keys := strings.Fields("entrypoint cmd user workdir env path ports state stop-signal url")
	tests := []struct{ word, want string }{
		{"entrypiont", "entrypoint"},
		{"urll", "url"},
		{"stop_signal", "stop-signal"},
		{"StopSignal", "stop-signal"},
		{"port", "ports"},
		{"wrokdir", "workdir"},
		{"xyz", ""},
		{"", ""},
		{"user", "user"},
	}
	for _, tt := range tests {
		if got := Nearest(tt.word, keys); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
}
