package layer

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

var errLine = errors.New("not as written")

// ReadIndex reads an index. It takes nothing but what [WriteIndex] writes, to
// the byte, so that equal trees never have two names. The files' In is empty:
// who knows where the index came from sets it.
func ReadIndex(r io.Reader) (*Index, error) {
	var text strings.Builder
	if _, err := io.Copy(&text, r); err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	return ParseIndex(text.String())
}

// ParseIndex is [ReadIndex] of a text at hand. The files' strings are parts of
// text and keep it in memory.
func ParseIndex(text string) (*Index, error) {
	rest, ok := strings.CutPrefix(text, indexVersion)
	if !ok {
		return nil, fmt.Errorf("read index: it does not begin with %q", strings.TrimSuffix(indexVersion, "\n"))
	}
	x := &Index{}
	number, key := 1, ""
	for strings.HasPrefix(rest, "= ") {
		number++
		var err error
		if rest, key, err = x.meta(rest, key); err != nil {
			return nil, fmt.Errorf("read index: line %d: %w", number, err)
		}
	}
	n := strings.Count(rest, "\n")
	slab := make([]File, n)
	x.Files = make([]*File, n)
	p := parser{}
	for i := range slab {
		number++
		end := strings.IndexByte(rest, '\n')
		if err := p.file(&slab[i], rest[:end]); err != nil {
			return nil, fmt.Errorf("read index: line %d: %w", number, err)
		}
		rest = rest[end+1:]
		x.Files[i] = &slab[i]
		if i > 0 && Compare(slab[i-1].Path, slab[i].Path) >= 0 {
			return nil, fmt.Errorf("read index: line %d: %s: out of order", number, slab[i].Path)
		}
	}
	if rest != "" {
		return nil, fmt.Errorf("read index: line %d: cut off", number+1)
	}
	return x, nil
}

// meta reads a line "= key value" whose key comes behind the last one's.
func (x *Index) meta(text, last string) (rest, key string, err error) {
	line, rest, whole := strings.Cut(text, "\n")
	k, v, ok := strings.Cut(line[2:], " ")
	key, ok1 := parseField(k)
	value, ok2 := parseField(v)
	if !whole || !ok || !ok1 || !ok2 || x.Meta != nil && key <= last {
		return "", "", errLine
	}
	if x.Meta == nil {
		x.Meta = map[string]string{}
	}
	x.Meta[key] = value
	return rest, key, nil
}

// A parser takes a line apart, field by field. The first mistake stays.
type parser struct {
	line  string
	bad   bool
	facts []Facts // those to be given out next
	lists []string
}

func (p *parser) file(f *File, line string) error {
	p.line = line
	if len(line) < 2 || line[1] != ' ' {
		return errLine
	}
	f.Type = Type(line[0])
	p.line = line[2:]
	f.Mode = uint32(p.number(8, 32))
	f.User = p.field()
	f.Group = p.field()
	f.MTime = p.signed()
	f.Path = p.field()
	switch f.Type {
	case Regular:
		f.Size = int64(p.number(10, 63))
		f.Digest = p.word()
	case Symlink, Hardlink:
		f.Link = p.field()
	case Char, Block:
		f.Dev = p.number(10, 64)
	}
	f.At = f.Path
	if p.line != "" && !p.bad {
		p.more(f)
	}
	if p.bad || p.line != "" {
		return errLine
	}
	return checkFile(f)
}

// more reads the KEY=VALUE fields, in their one order.
func (p *parser) more(f *File) {
	if v, ok := p.key('c'); ok {
		caps, err := hex.DecodeString(v)
		f.Caps = string(caps)
		p.bad = p.bad || err != nil || len(caps) == 0 || v != strings.ToLower(v)
	}
	if v, ok := p.key('a'); ok {
		f.At = p.parse(v)
		p.bad = p.bad || f.At == f.Path
	}
	f.Origin.Kind = Kind(p.text('k'))
	f.Origin.Name = p.text('n')
	f.Origin.What = p.text('w')
	if v, ok := p.key('F'); ok {
		f.Facts = p.newFacts()
		p.readFacts(f.Facts, v)
	}
}

func (p *parser) newFacts() *Facts {
	if len(p.facts) == 0 {
		p.facts = make([]Facts, 64)
	}
	x := &p.facts[0]
	p.facts = p.facts[1:]
	return x
}

func (p *parser) readFacts(x *Facts, machine string) {
	x.Machine = p.parse(machine)
	x.Soname = p.text('S')
	x.Needed = p.list('N')
	x.Runpath = p.list('R')
	x.Interp = p.text('I')
	x.Args = p.text('A')
	x.Calls = p.list('X')
	if v, ok := p.key('D'); ok {
		x.Debug = true
		p.bad = p.bad || v != "1"
	}
}

// word takes the next field as it stands.
func (p *parser) word() string {
	i := strings.IndexByte(p.line, ' ')
	if i < 0 {
		w := p.line
		p.line = ""
		return w
	}
	w := p.line[:i]
	p.line = p.line[i+1:]
	if p.line == "" { // a space at the end
		p.bad = true
	}
	return w
}

func (p *parser) field() string { return p.parse(p.word()) }

func (p *parser) parse(w string) string {
	s, ok := parseField(w)
	if !ok {
		p.bad = true
	}
	return s
}

func (p *parser) number(base, bits int) uint64 {
	w := p.word()
	n, err := strconv.ParseUint(w, base, bits)
	if err != nil || len(w) > 1 && w[0] == '0' {
		p.bad = true
	}
	return n
}

func (p *parser) signed() int64 {
	w := p.word()
	n, err := strconv.ParseInt(w, 10, 64)
	digits := strings.TrimPrefix(w, "-")
	if err != nil || digits[0] == '+' || digits[0] == '0' && w != "0" {
		p.bad = true
	}
	return n
}

// key takes the next field if it is the one with that key.
func (p *parser) key(key byte) (string, bool) {
	if len(p.line) < 2 || p.line[0] != key || p.line[1] != '=' {
		return "", false
	}
	return p.word()[2:], true
}

// text is the value of a key that is only written if it is not empty.
func (p *parser) text(key byte) string {
	v, ok := p.key(key)
	if !ok {
		return ""
	}
	s := p.parse(v)
	p.bad = p.bad || s == ""
	return s
}

func (p *parser) list(key byte) []string {
	v, ok := p.key(key)
	if !ok {
		return nil
	}
	n := strings.Count(v, ",") + 1
	if len(p.lists) < n {
		p.lists = make([]string, max(256, n))
	}
	list := slices.Clip(p.lists[:n])
	p.lists = p.lists[n:]
	for i := range list {
		w, rest, _ := strings.Cut(v, ",")
		list[i] = p.parse(w)
		v = rest
	}
	return list
}
