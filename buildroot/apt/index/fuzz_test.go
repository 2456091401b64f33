package index

import (
	"encoding/binary"
	"slices"
	"testing"
)

// FuzzRead changes an index, mends its checksum, and holds that what is accepted
// can be walked through without a panic.
func FuzzRead(f *testing.F) {
	image, err := Build([]string{"amd64"}, []Input{{Archive: "s", Pin: PinArchive, Data: []byte(
		"Package: a\nVersion: 1\nArchitecture: all\nDepends: b | c (>= 1), d:any\nConflicts: e\nProvides: v (= 2)\nFilename: p\nSize: 1\n" +
			"SHA256: 0000000000000000000000000000000000000000000000000000000000000000\n")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(600), []byte{1, 2, 3})
	f.Add(uint32(40), []byte{255, 255, 255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, at uint32, with []byte) {
		bad := slices.Clone(image)
		copy(bad[int(at)%len(bad):], with)
		binary.NativeEndian.PutUint32(bad[sumAt:], checksum(bad[tableAt:]))
		ix, err := Read(bad)
		if err != nil {
			return
		}
		walk(ix)
	})
}

// walk touches all that an accepted index has.
func walk(ix *Index) {
	for id := range ix.NameCount() {
		ix.Find(ix.NameOf(uint32(id)))
		ix.ProvidersOf(uint32(id))
	}
	for v := range ix.VersionCount() {
		for deps := ix.DepsOf(uint32(v)); len(deps) > 0; {
			g := Group(deps)
			deps = deps[len(g):]
			for _, d := range g {
				ix.Meets(d.Constraint(), func(uint32) bool { return true })
			}
		}
		ix.ProvidesOf(uint32(v))
		ix.InputOf(uint32(v))
		ix.In(uint32(v), "s")
	}
}
