package index

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"

	"github.com/ashlar-build/ashlar/recipe/relation"
)

// image puts what was read into the file's form.
func (b *builder) image() ([]byte, error) {
	if len(b.constraints) > depMax {
		return nil, fmt.Errorf("index: %d constraints are more than the format holds", len(b.constraints))
	}
	t := tables{strings: b.strings, Names: b.names}
	b.placeVersions(&t)
	b.placeConstraints(&t)
	b.placeProvides(&t)
	b.choose(&t)
	b.link(&t)
	t.HashOrder = hashOrder(&t)
	t.Met = make([]uint64, (len(t.Constraints)+63)/64)
	for i := range t.Constraints {
		if t.Meets(uint32(i), func(v uint32) bool { return t.Names[t.Versions[v].Name].Candidate == v }) {
			t.Met[i/64] |= 1 << (i % 64)
		}
	}
	m, err := json.Marshal(b.meta)
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	return encode(m, &t), nil
}

// placeVersions puts the versions of a name side by side, highest first and
// those that are equal as they were read, and notes where each went.
func (b *builder) placeVersions(t *tables) {
	t.Versions = make([]Version, 0, len(b.versions))
	b.place = make([]uint32, len(b.versions))
	var list []uint32
	for id := range t.Names {
		list = list[:0]
		for v := b.last[id]; v != None; v = b.versions[v].older {
			list = append(list, v)
		}
		slices.Reverse(list)
		slices.SortStableFunc(list, func(x, y uint32) int {
			return relation.Compare(b.versions[y].stanza.version, b.versions[x].stanza.version)
		})
		t.Names[id].Versions = Span{uint32(len(t.Versions)), uint32(len(list))}
		for _, v := range list {
			b.place[v] = uint32(len(t.Versions))
			t.Versions = append(t.Versions, b.versions[v].Version)
		}
	}
}

// placeConstraints sorts the constraints by name.
func (b *builder) placeConstraints(t *tables) {
	for _, c := range b.constraints {
		t.Names[c.Name].Constraints.Count++
	}
	first := uint32(0)
	for i := range t.Names {
		s := &t.Names[i].Constraints
		first, s.First, s.Count = first+s.Count, first, 0
	}
	t.Constraints = make([]Constraint, len(b.constraints))
	place := make([]uint32, len(b.constraints))
	for i, c := range b.constraints {
		s := &t.Names[c.Name].Constraints
		place[i] = s.End()
		t.Constraints[s.End()] = c
		s.Count++
	}
	b.placeExtra(t)
	for i, d := range t.Deps {
		t.Deps[i] = d&^depMax | Dep(place[d.Constraint()])
	}
}

// placeExtra puts the dependencies that were found later behind those that a
// version had.
func (b *builder) placeExtra(t *tables) {
	t.Deps = b.deps
	if len(b.extra) == 0 {
		return
	}
	slices.SortStableFunc(b.extra, func(x, y extra) int { return cmp.Compare(x.version, y.version) })
	t.Deps = make([]Dep, 0, len(b.deps)+len(b.extra))
	rest := b.extra
	for v := range b.versions {
		s := b.versions[v].Deps
		first := uint32(len(t.Deps))
		t.Deps = append(t.Deps, b.deps[s.First:s.End()]...)
		for len(rest) > 0 && rest[0].version == uint32(v) {
			t.Deps = append(t.Deps, rest[0].dep)
			rest = rest[1:]
		}
		t.Versions[b.place[v]].Deps = Span{first, uint32(len(t.Deps)) - first}
	}
}

// placeProvides puts the provides of a version side by side, and lists those of
// a name, newest first.
func (b *builder) placeProvides(t *tables) {
	for i := range b.provides {
		b.provides[i].Owner = b.place[b.provides[i].Owner]
	}
	order := make([]uint32, len(b.provides))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortStableFunc(order, func(x, y uint32) int { return cmp.Compare(b.provides[x].Owner, b.provides[y].Owner) })
	t.Provides = make([]Provide, len(order))
	at := make([]uint32, len(order)) // where the i-th that was read is now
	for i, from := range order {
		p := b.provides[from]
		t.Provides[i], at[from] = p, uint32(i)
		s := &t.Versions[p.Owner].Provides
		if s.Count == 0 {
			s.First = uint32(i)
		}
		s.Count++
		t.Names[p.Name].Providers.Count++
	}
	first := uint32(0)
	for i := range t.Names {
		s := &t.Names[i].Providers
		first, s.First, s.Count = first+s.Count, first, 0
	}
	t.ProvidedBy = make([]uint32, len(order))
	for i := len(at) - 1; i >= 0; i-- {
		s := &t.Names[b.provides[i].Name].Providers
		t.ProvidedBy[s.End()] = at[i]
		s.Count++
	}
}

// choose sets the candidates: the highest version of the highest pin.
func (b *builder) choose(t *tables) {
	for id := range t.Names {
		best := 0
		n := &t.Names[id]
		for v := n.Versions.First; v < n.Versions.End(); v++ {
			if pin := b.pin(t.Versions[v].Inputs); pin > best {
				n.Candidate, best = v, pin
			}
		}
		if n.Candidate != None && n.Arch == native && t.Versions[n.Candidate].Flags&EssentialVersion != 0 {
			t.Essential = append(t.Essential, uint32(id))
		}
	}
}

// pin is the highest of those inputs' pins.
func (b *builder) pin(inputs uint64) int {
	pin := 0
	for ; inputs != 0; inputs &= inputs - 1 {
		pin = max(pin, b.inputs[bits.TrailingZeros64(inputs)].Pin)
	}
	return pin
}

// link makes the hash table of names.
func (b *builder) link(t *tables) {
	t.buckets = make([]uint32, 1<<bits.Len(uint(len(t.Names))))
	for i := range t.buckets {
		t.buckets[i] = None
	}
	for id := range t.Names {
		if n := &t.Names[id]; n.Flags&Hidden == 0 {
			head := &t.buckets[fnv(t.Text(n.Text))&uint32(len(t.buckets)-1)]
			n.next, *head = *head, uint32(id)
		}
	}
}

// fnv is FNV-1a, 32 bits.
func fnv(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// aptBuckets is the size of apt's hash table (APT::Cache-HashTableSize).
const aptBuckets = 196613

// bucketOf is where apt's hash table has a name.
func bucketOf(name string) uint32 {
	h := uint32(5381)
	for _, c := range []byte(name) {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = h*33 + uint32(c)
	}
	return h % aptBuckets
}

// hashOrder lists the names as apt walks through its hash table. The order
// decides between packages of equal score when apt mends a broken set.
func hashOrder(t *tables) []uint32 {
	bucket := make([]uint32, len(t.Names))
	order := make([]uint32, len(t.Names))
	for id := range t.Names {
		bucket[id], order[id] = bucketOf(t.NameOf(uint32(id))), uint32(id)
	}
	slices.SortFunc(order, func(x, y uint32) int { return t.compareHashed(x, y, bucket[x], bucket[y]) })
	return order
}

// compareHashed orders two names, in their buckets, as apt's hash table does.
func (t *tables) compareHashed(x, y, xBucket, yBucket uint32) int {
	a, b := t.Names[x].Text, t.Names[y].Text
	return cmp.Or(cmp.Compare(xBucket, yBucket), cmp.Compare(a.Len, b.Len), cmp.Compare(t.Text(a), t.Text(b)), cmp.Compare(x, y))
}

// encode writes the sections one behind the other, with their table, the byte
// order and a checksum in front.
func encode(meta []byte, t *tables) []byte {
	parts := [sections][]byte{
		secMeta: meta, secStrings: t.strings, secNames: bytesOf(t.Names), secBuckets: bytesOf(t.buckets),
		secVersions: bytesOf(t.Versions), secDeps: bytesOf(t.Deps), secConstraints: bytesOf(t.Constraints),
		secProvides: bytesOf(t.Provides), secProvidedBy: bytesOf(t.ProvidedBy), secEssential: bytesOf(t.Essential),
		secHashOrder: bytesOf(t.HashOrder), secMet: bytesOf(t.Met),
	}
	size := headerSize
	for _, p := range parts {
		size += align(len(p))
	}
	out := make([]byte, headerSize, size)
	for i, p := range parts {
		entry := out[tableAt+16*i:]
		binary.NativeEndian.PutUint64(entry, uint64(len(out)))
		binary.NativeEndian.PutUint64(entry[8:], uint64(len(p)))
		out = append(append(out, p...), make([]byte, align(len(p))-len(p))...)
	}
	copy(out, magic)
	binary.NativeEndian.PutUint32(out[orderAt:], byteOrder)
	binary.NativeEndian.PutUint32(out[sumAt:], checksum(out[tableAt:]))
	return out
}

// Where the header's fields are. The checksum is over all that is behind it.
const (
	orderAt = 24
	sumAt   = 28
	tableAt = 32
)

// align rounds up to the alignment of the records.
func align(n int) int { return (n + 7) &^ 7 }
