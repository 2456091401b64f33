package fetch

import (
	"reflect"
	"testing"
)

func TestParseNetrc(t *testing.T) {
	for text, want := range map[string]netrc{
		"":                                        {},
		"machine a login b password c":            {"a": {"b", "c"}},
		"machine A\n\tlogin b\n\tpassword c\n":    {"a": {"b", "c"}},
		"machine a account z password c login b":  {"a": {"b", "c"}},
		"# no\nmachine a login b # c\npassword d": {"a": {"b", "d"}},
		"machine a login b password c machine a login x password y":          {"a": {"b", "c"}},
		"machine a login b password c default login anonymous password x":    {"a": {"b", "c"}},
		"macdef init\ncd /pub\nmachine no\n\nmachine a login b password c":   {"a": {"b", "c"}},
		"machine a login b password c\n\nmachine d login \"e f\" password g": {"a": {"b", "c"}, "d": {"e f", "g"}},
	} {
		if got, err := parseNetrc(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
}

func FuzzParseNetrc(f *testing.F) {
	f.Add("machine a login b password c\nmacdef x\n\n\n# y\ndefault \"")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parseNetrc(text)
		if _, ok := all[""]; ok && err == nil {
			t.Errorf("%q: a login for no host", text)
		}
	})
}
