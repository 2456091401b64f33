package effects

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
)

// names are users and groups by number and number by name, as the root's passwd
// and group have had them. A name that they did not have when somebody asked,
// such as the owner that a package's archive names before its script makes the
// user, gets a number that no user can have.
type names struct {
	user, group kindNames
}

type kindNames struct {
	byID map[uint32]string
	ids  map[string]uint32
	next uint32
	text string // of the file that was read last
}

// firstUnknown is above all that useradd(8) gives, and below 2^32-1, which
// chown(2) takes for "leave it".
const firstUnknown = 0xf0000000

func newNames() *names {
	one := func() kindNames {
		return kindNames{byID: map[uint32]string{0: "root"}, ids: map[string]uint32{"root": 0}, next: firstUnknown}
	}
	return &names{user: one(), group: one()}
}

// learn reads the root's files as they are now.
func (n *names) learn(read func(path string) string) {
	n.user.learn(read("/etc/passwd"))
	n.group.learn(read("/etc/group"))
}

func (k *kindNames) learn(text string) {
	if text == k.text {
		return
	}
	k.text = text
	for line := range strings.Lines(text) {
		fields := strings.SplitN(line, ":", 4)
		if len(fields) < 4 {
			continue
		}
		id, err := strconv.ParseUint(fields[2], 10, 32)
		if err != nil {
			continue
		}
		// libc takes the first of several lines with one number.
		if _, ok := k.byID[uint32(id)]; !ok {
			k.byID[uint32(id)] = fields[0]
		}
		k.ids[fields[0]] = uint32(id)
	}
}

// id is the number of a name, or of a decimal number.
func (k *kindNames) id(name string) uint32 {
	if id, ok := k.ids[name]; ok {
		return id
	}
	if id, err := strconv.ParseUint(name, 10, 32); err == nil {
		return uint32(id)
	}
	id := k.next
	k.next++
	k.ids[name], k.byID[id] = id, name
	return id
}

// name is the name of a number, or the number.
func (k *kindNames) name(id uint32) string {
	if name, ok := k.byID[id]; ok {
		return name
	}
	return fmt.Sprint(id)
}

// base tells whose a path of the lower layers is.
func (v *run) base(p string) (uid, gid uint32) {
	f := v.lower(p)
	if f == nil {
		return 0, 0
	}
	return v.names.user.id(f.User), v.names.group.id(f.Group)
}

// lower is what the layers below the upper one show at a path.
func (v *run) lower(p string) *layer.File {
	if f := v.below.get(p); f != nil {
		return f
	}
	return v.here.get(p)
}

// readFile reads a file of the root's as the upper layer or earlier effects
// have it.
func (v *run) readFile(p string) string {
	if text, err := v.upper.ReadFile(p[1:]); err == nil {
		return string(text)
	}
	text, _ := readTop(v.Earlier, p)
	return string(text)
}
