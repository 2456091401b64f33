package plan

import (
	"reflect"
	"testing"
)

// Every type that an action is made of can be described: no field is hidden, and
// each has one order.
func TestShapes(t *testing.T) {
	d := &describer{shapes: map[reflect.Type][]shape{}}
	seen := map[reflect.Type]bool{}
	var look func(of reflect.Type)
	look = func(of reflect.Type) {
		if seen[of] {
			return
		}
		seen[of] = true
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			look(of.Elem())
		case reflect.Struct:
			for _, s := range d.shape(of) { // panics where a field is hidden
				look(of.Field(s.index).Type)
			}
		case reflect.Map, reflect.Func, reflect.Chan:
			t.Errorf("%s cannot be described in an order of its own", of)
		}
	}
	for _, do := range []any{Unpack{}, Configure{}, Vendor{}, Build{}, Collect{}, Image{}} {
		look(reflect.TypeOf(do))
	}
	if !seen[editType] {
		t.Error("the walk does not come to the edits of an image")
	}
}
