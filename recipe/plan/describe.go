package plan

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A Field is one line of an action's description: `Steps[0].Run` and its text.
type Field struct {
	Name  string
	Value string
	Of    string // what is read of the result of the action that Value names; empty: all
}

// Describe returns all that makes an action's ID, in a fixed order. Places in
// recipe files and fields tagged `plan:"-"` are no part of it, and neither are
// zero values: a new kind of setting that nobody uses changes no ID. The tag
// `plan:"of F"` says that field F names what is read of that action's result.
func Describe(kind Kind, do any) []Field {
	d := describer{fields: []Field{{Name: "kind", Value: string(kind)}, {Name: "format", Value: strconv.Itoa(formats[kind])}}}
	d.value("", reflect.ValueOf(do))
	return d.fields
}

// writeField writes s so that no two lists of fields look the same.
func writeField(w io.Writer, s string) {
	fmt.Fprintf(w, "%d:%s,", len(s), s)
}

type describer struct{ fields []Field }

var posType = reflect.TypeFor[diag.Pos]()

func (d *describer) value(name string, v reflect.Value) {
	if !v.IsValid() || v.IsZero() && v.Kind() != reflect.Struct {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		d.value(name, v.Elem())
	case reflect.Struct:
		d.structure(name, v)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			d.add(name, string(v.Bytes()))
			return
		}
		for i := range v.Len() {
			d.element(fmt.Sprintf("%s[%d]", name, i), v.Index(i))
		}
	default:
		d.add(name, fmt.Sprint(v.Interface()))
	}
}

// element describes an element of a list, which counts even if it is zero.
func (d *describer) element(name string, v reflect.Value) {
	before := len(d.fields)
	d.value(name, v)
	if len(d.fields) == before {
		d.add(name, "")
	}
}

func (d *describer) structure(name string, v reflect.Value) {
	if v.Type() == posType {
		return
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		tag := f.Tag.Get("plan")
		if tag == "-" {
			continue
		}
		if !f.IsExported() {
			panic("plan: " + v.Type().String() + " hides " + f.Name + " from its description")
		}
		first := len(d.fields)
		d.value(strings.TrimPrefix(name+"."+f.Name, "."), v.Field(i))
		if of, ok := strings.CutPrefix(tag, "of "); ok && first < len(d.fields) {
			d.fields[first].Of = v.FieldByName(of).String()
		}
	}
}

func (d *describer) add(name, value string) {
	d.fields = append(d.fields, Field{Name: name, Value: value})
}
