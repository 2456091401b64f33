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
	ix := &Index{tables: tables{strings: b.strings, names: b.names}}
	t := &ix.tables
	b.placeVersions(t)
	b.placeConstraints(t)
	b.placeProvides(t)
	b.choose(t)
	ix.link()
	t.hashOrder = ix.sortHashed()
	t.met = make([]uint64, (len(t.constraints)+63)/64)
	for i := range t.constraints {
		if ix.Meets(uint32(i), func(v uint32) bool { return t.names[t.versions[v].Name].Candidate == v }) {
			t.met[i/64] |= 1 << (i % 64)
		}
	}
	m, err := json.Marshal(b.meta)
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	return encode(m, t), nil
}

// placeVersions puts the versions of a name side by side, highest first and
// those that are equal as they were read, and notes where each went.
func (b *builder) placeVersions(t *tables) {
	t.versions = make([]Version, 0, len(b.versions))
	b.place = make([]uint32, len(b.versions))
	var list []uint32
	for id := range t.names {
		list = list[:0]
		for v := b.last[id]; v != None; v = b.versions[v].older {
			list = append(list, v)
		}
		slices.Reverse(list)
		slices.SortStableFunc(list, func(x, y uint32) int {
			return relation.Compare(b.versions[y].stanza.version, b.versions[x].stanza.version)
		})
		t.names[id].Versions = Span{uint32(len(t.versions)), uint32(len(list))}
		for _, v := range list {
			b.place[v] = uint32(len(t.versions))
			t.versions = append(t.versions, b.versions[v].Version)
		}
	}
}

// placeConstraints sorts the constraints by name.
func (b *builder) placeConstraints(t *tables) {
	for _, c := range b.constraints {
		t.names[c.Name].Constraints.Count++
	}
	first := uint32(0)
	for i := range t.names {
		s := &t.names[i].Constraints
		first, s.First, s.Count = first+s.Count, first, 0
	}
	t.constraints = make([]Constraint, len(b.constraints))
	place := make([]uint32, len(b.constraints))
	for i, c := range b.constraints {
		s := &t.names[c.Name].Constraints
		place[i] = s.End()
		t.constraints[s.End()] = c
		s.Count++
	}
	b.placeExtra(t)
	for i, d := range t.deps {
		t.deps[i] = d&^depMax | Dep(place[d.Constraint()])
	}
}

// placeExtra puts the dependencies that were found later behind those that a
// version had.
func (b *builder) placeExtra(t *tables) {
	t.deps = b.deps
	if len(b.extra) == 0 {
		return
	}
	slices.SortStableFunc(b.extra, func(x, y extra) int { return cmp.Compare(x.version, y.version) })
	t.deps = make([]Dep, 0, len(b.deps)+len(b.extra))
	rest := b.extra
	for v := range b.versions {
		s := b.versions[v].Deps
		first := uint32(len(t.deps))
		t.deps = append(t.deps, b.deps[s.First:s.End()]...)
		for len(rest) > 0 && rest[0].version == uint32(v) {
			t.deps = append(t.deps, rest[0].dep)
			rest = rest[1:]
		}
		t.versions[b.place[v]].Deps = Span{first, uint32(len(t.deps)) - first}
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
	t.provides = make([]Provide, len(order))
	at := make([]uint32, len(order)) // where the i-th that was read is now
	for i, from := range order {
		p := b.provides[from]
		t.provides[i], at[from] = p, uint32(i)
		s := &t.versions[p.Owner].Provides
		if s.Count == 0 {
			s.First = uint32(i)
		}
		s.Count++
		t.names[p.Name].Providers.Count++
	}
	first := uint32(0)
	for i := range t.names {
		s := &t.names[i].Providers
		first, s.First, s.Count = first+s.Count, first, 0
	}
	t.providedBy = make([]uint32, len(order))
	for i := len(at) - 1; i >= 0; i-- {
		s := &t.names[b.provides[i].Name].Providers
		t.providedBy[s.End()] = at[i]
		s.Count++
	}
}

// choose sets the candidates: the highest version of the highest pin.
func (b *builder) choose(t *tables) {
	for id := range t.names {
		best := 0
		n := &t.names[id]
		for v := n.Versions.First; v < n.Versions.End(); v++ {
			if pin := b.pin(t.versions[v].Inputs); pin > best {
				n.Candidate, best = v, pin
			}
		}
		if n.Candidate != None && n.Arch == native && t.versions[n.Candidate].Flags&EssentialVersion != 0 {
			t.essential = append(t.essential, uint32(id))
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
func (ix *Index) link() {
	ix.buckets = make([]uint32, 1<<bits.Len(uint(len(ix.names))))
	for i := range ix.buckets {
		ix.buckets[i] = None
	}
	for id := range ix.names {
		if n := &ix.names[id]; n.Flags&Hidden == 0 {
			head := &ix.buckets[fnv(ix.Text(n.Text))&uint32(len(ix.buckets)-1)]
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

// sortHashed lists the names as apt walks through its hash table. The order
// decides between packages of equal score when apt mends a broken set.
func (ix *Index) sortHashed() []uint32 {
	bucket := make([]uint32, len(ix.names))
	order := make([]uint32, len(ix.names))
	for id := range ix.names {
		bucket[id], order[id] = bucketOf(ix.NameOf(uint32(id))), uint32(id)
	}
	slices.SortFunc(order, func(x, y uint32) int { return ix.compareHashed(x, y, bucket[x], bucket[y]) })
	return order
}

// compareHashed orders two names, in their buckets, as apt's hash table does.
func (ix *Index) compareHashed(x, y, xBucket, yBucket uint32) int {
	a, b := ix.Name(x).Text, ix.Name(y).Text
	return cmp.Or(cmp.Compare(xBucket, yBucket), cmp.Compare(a.Len, b.Len), cmp.Compare(ix.Text(a), ix.Text(b)), cmp.Compare(x, y))
}

// encode writes the sections one behind the other, with their table, the byte
// order and a checksum in front.
func encode(meta []byte, t *tables) []byte {
	parts := [sections][]byte{
		secMeta: meta, secStrings: t.strings, secNames: bytesOf(t.names), secBuckets: bytesOf(t.buckets),
		secVersions: bytesOf(t.versions), secDeps: bytesOf(t.deps), secConstraints: bytesOf(t.constraints),
		secProvides: bytesOf(t.provides), secProvidedBy: bytesOf(t.providedBy), secEssential: bytesOf(t.essential),
		secHashOrder: bytesOf(t.hashOrder), secMet: bytesOf(t.met),
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
