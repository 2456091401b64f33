package edit

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A Verb is the name of an operation, spelt as recipes spell it.
type Verb string

// The operations. The package comment says what each does.
const (
	Set        Verb = "set"
	Unset      Verb = "unset"
	Comment    Verb = "comment"
	Uncomment  Verb = "uncomment"
	Rename     Verb = "rename"
	Add        Verb = "add"
	Remove     Verb = "remove"
	Insert     Verb = "insert"
	Section    Verb = "section"
	Line       Verb = "line"
	DeleteLine Verb = "delete-line"
	Replace    Verb = "replace"
	Regex      Verb = "regex"
	Patch      Verb = "patch"
)

// An Op is one operation. [Decode] makes and checks it; which fields a verb
// uses stands beside them. Its JSON form is its identity: equal JSON, equal
// meaning, wherever it was written.
type Op struct {
	Pos  diag.Pos `json:"-"` // where the recipe says it
	Verb Verb

	Path Path    `json:",omitzero"`  // set unset comment uncomment rename add remove section
	To   []Value `json:",omitempty"` // set: the value, or several where List; rename: the new key; add, remove: the member
	List bool    `json:",omitempty"` // set: To was written as a list
	Was  []Value `json:",omitempty"` // set: the value there must be now; nil: not asked
	Arg  string  `json:",omitempty"` // set: the argument meant, its number from 1 or its column's name

	Text  string `json:",omitempty"` // insert line: the text; replace: the literal; regex delete-line: RE2; patch: the file's name
	With  string `json:",omitempty"` // replace regex: the new text; regex knows \1
	Body  string `json:",omitempty"` // section
	Place Place  `json:",omitempty"` // insert line
	At    string `json:",omitempty"` // insert line: the anchor
	First bool   `json:",omitempty"` // add: before the other members
	Count Count  `json:",omitzero"`  // how many places must match; zero: 1, and none where a set may be new
}

// A Place says on which side of an anchor text goes.
type Place string

// The places. Start and End are those of the file and need no anchor.
const (
	After   Place = "after"
	Before  Place = "before"
	FirstIn Place = "first-in"
	LastIn  Place = "last-in"
	Start   Place = "start"
	End     Place = "end"
)

// A Kind is the type that a value has in a recipe. Formats that know types of
// their own (JSON, YAML, TOML) write new values by it; in others all is text.
type Kind uint8

// The kinds of values.
const (
	String Kind = iota
	Number
	Bool
)

// A Value is one value, as text.
type Value struct {
	Kind Kind `json:",omitempty"`
	Text string
}

// is reports whether a file that says s says v: Python writes False for false.
func (v Value) is(s string) bool {
	return s == v.Text || v.Kind == Bool && strings.EqualFold(s, v.Text)
}

// A Count is how many places an operation must match: N, or at least N where
// OrMore. The zero Count was not said.
type Count struct {
	N      int
	OrMore bool `json:",omitempty"`
}

// holds reports whether n places are as many as c says; unsaid means one.
func (c Count) holds(n int) bool {
	want := max(c.N, 1)
	return n == want || c.OrMore && n > want
}

// String returns "1", "2", "1 or more".
func (c Count) String() string {
	if c.OrMore {
		return fmt.Sprintf("%d or more", max(c.N, 1))
	}
	return strconv.Itoa(max(c.N, 1))
}

// String returns the operation as a recipe would have it, short enough for a message.
func (o Op) String() string {
	subject := o.Text
	if len(o.Path) > 0 {
		subject = o.Path.String()
	}
	if line, _, more := strings.Cut(subject, "\n"); more {
		subject = line + " …"
	}
	return fmt.Sprintf("%s %q", o.Verb, subject)
}

// Expand returns o with f applied to each text that a recipe may hold
// variables in: values, replacements, lines and bodies, not paths, patterns or
// literals that are looked for. The first error of f ends it.
func (o Op) Expand(f func(string) (string, error)) (Op, error) {
	texts := []*string{&o.With, &o.Body}
	if o.Verb == Insert || o.Verb == Line {
		texts = append(texts, &o.Text)
	}
	o.To = append([]Value(nil), o.To...)
	for i := range o.To {
		texts = append(texts, &o.To[i].Text)
	}
	for _, t := range texts {
		s, err := f(*t)
		if err != nil {
			return Op{}, err
		}
		*t = s
	}
	return o, nil
}
