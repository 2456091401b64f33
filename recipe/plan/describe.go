package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"reflect"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A Field is one line of an action's description: `Steps[0].Run` and its text.
type Field struct {
	Name  string
	Value string
	Of    string // what is read of the result of the action that Value names; empty: all

	Pos diag.Pos `json:"-"` // where a recipe says it, or the nearest around it
}

// Describe returns all that makes an action's ID and what follows from that, in
// a fixed order. Places in recipe files and fields tagged `plan:"-"` are no part
// of it, and neither are zero values: a new kind of setting that nobody uses
// changes no ID. The tag `plan:"of F"` says that field F names what is read of
// that action's result, `plan:"implied"` that the field follows from others of
// an ID.
func Describe(kind Kind, do any) []Field {
	var fields []Field
	d := describer{shapes: map[reflect.Type][]shape{}, all: true, emit: func(name []byte, value, of string) {
		fields = append(fields, Field{Name: string(name), Value: value, Of: of})
	}}
	d.places = func(pos diag.Pos) { fields[len(fields)-1].Pos = pos }
	d.describe(kind, do)
	return fields
}

// A describer walks descriptions.
type describer struct {
	shapes map[reflect.Type][]shape // of types that were seen
	all    bool                     // what is implied, too
	emit   func(name []byte, value, of string)
	places func(pos diag.Pos) // called behind emit, if anybody asks
	pos    diag.Pos

	name  []byte // of where we are
	of    string
	count int // of what was emitted
}

// A shape is a field of a struct as descriptions want it.
type shape struct {
	index   int
	name    string
	of      int // index of the field that says what is read of a result, or -1
	implied bool
}

var (
	posType  = reflect.TypeFor[diag.Pos]()
	editType = reflect.TypeFor[recipe.Edit]()
)

func (d *describer) describe(kind Kind, do any) {
	d.name = d.name[:0]
	d.emit([]byte("kind"), string(kind), "")
	d.emit([]byte("format"), strconv.Itoa(formats[kind]), "")
	d.value(reflect.ValueOf(do))
}

func (d *describer) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Invalid:
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			d.value(v.Elem())
		}
	case reflect.Struct:
		d.structure(v)
	case reflect.Slice, reflect.Array:
		d.list(v)
	default:
		if !v.IsZero() {
			d.add(text(v))
		}
	}
}

func (d *describer) list(v reflect.Value) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		if v.Len() > 0 {
			d.add(string(v.Bytes()))
		}
		return
	}
	mark := len(d.name)
	for i := range v.Len() {
		d.name = append(strconv.AppendInt(append(d.name, '['), int64(i), 10), ']')
		before := d.count
		d.value(v.Index(i))
		if d.count == before {
			d.add("") // an element counts even if it is zero
		}
		d.name = d.name[:mark]
	}
}

func (d *describer) structure(v reflect.Value) {
	mark, around := len(d.name), d.pos
	if v.Type() == editType {
		d.name = append(d.name, ".format"...)
		d.add(strconv.Itoa(editFormat))
		d.name = d.name[:mark]
	}
	for _, s := range d.shape(v.Type()) {
		if s.implied && !d.all {
			continue
		}
		if mark > 0 {
			d.name = append(d.name, '.')
		}
		d.name = append(d.name, s.name...)
		if s.of >= 0 {
			d.of = v.Field(s.of).String()
		}
		d.pos = around
		if d.places != nil {
			d.pos = placeOf(v, s.name, around)
		}
		d.value(v.Field(s.index))
		d.of = ""
		d.name = d.name[:mark]
	}
	d.pos = around
}

// placeOf is where a recipe writes a field of a struct, as it or the struct says.
func placeOf(v reflect.Value, field string, around diag.Pos) diag.Pos {
	for _, name := range []string{field + "Pos", "Pos"} {
		if f := v.FieldByName(name); f.IsValid() && f.Type() == posType && !f.IsZero() {
			return f.Interface().(diag.Pos)
		}
	}
	return around
}

func (d *describer) shape(t reflect.Type) []shape {
	if list, ok := d.shapes[t]; ok {
		return list
	}
	var list []shape
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("plan")
		if tag == "-" || f.Type == posType {
			continue
		}
		if !f.IsExported() {
			panic("plan: " + t.String() + " hides " + f.Name + " from its description")
		}
		s := shape{index: i, name: f.Name, of: -1, implied: tag == "implied"}
		if name, ok := strings.CutPrefix(tag, "of "); ok {
			other, _ := t.FieldByName(name)
			s.of = other.Index[0]
		}
		list = append(list, s)
	}
	d.shapes[t] = list
	return list
}

func (d *describer) add(value string) {
	d.count++
	d.emit(d.name, value, d.of)
	if d.places != nil {
		d.places(d.pos)
	}
}

// text is a value that is neither a list nor a structure.
func text(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	}
	return fmt.Sprint(v.Interface())
}

// A namer makes IDs.
type namer struct {
	describer
	sum hash.Hash
	buf []byte
}

func newNamer() *namer {
	n := &namer{describer: describer{shapes: map[reflect.Type][]shape{}}, sum: sha256.New()}
	n.emit = func(name []byte, value, _ string) {
		n.field(string(name))
		n.field(value)
	}
	return n
}

// appendField writes s so that no two lists of fields look the same.
func appendField(b []byte, s string) []byte {
	return append(append(append(strconv.AppendInt(b, int64(len(s)), 10), ':'), s...), ',')
}

func (n *namer) field(s string) {
	n.buf = appendField(n.buf, s)
	if len(n.buf) > 1<<13 {
		n.sum.Write(n.buf)
		n.buf = n.buf[:0]
	}
}

// id hashes what can change the result of do.
func (n *namer) id(kind Kind, do any) ID {
	n.sum.Reset()
	n.buf = n.buf[:0]
	n.describe(kind, do)
	n.sum.Write(n.buf)
	return ID(hex.EncodeToString(n.sum.Sum(nil)))
}
