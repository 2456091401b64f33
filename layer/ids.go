package layer

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// IDs are the numbers of an image's users and groups. root is 0 without being
// named; a name that is a decimal number means that number.
type IDs struct {
	Users  map[string]uint32
	Groups map[string]uint32
}

// UID is the number of the user that owns f.
func (i IDs) UID(f *File) (int, error) { return idOf(i.Users, "user", f.User, f.Path) }

// GID is the number of the group of f.
func (i IDs) GID(f *File) (int, error) { return idOf(i.Groups, "group", f.Group, f.Path) }

func idOf(ids map[string]uint32, kind, name, path string) (int, error) {
	if n, ok := ids[name]; ok {
		return int(n), nil
	}
	if name == "root" || name == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		return int(n), nil
	}
	return 0, fmt.Errorf("%s: there is no %s %q", path, kind, name)
}

// appendIDs writes the numbers that files use, for a layer's identity.
func (i IDs) appendIDs(b []byte, files []*File) ([]byte, error) {
	users, groups := map[string]int{}, map[string]int{}
	for _, f := range files {
		var err error
		if users[f.User], err = i.UID(f); err != nil {
			return nil, err
		}
		if groups[f.Group], err = i.GID(f); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(users)) {
		b = fmt.Appendf(b, "user %q %d\n", name, users[name])
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		b = fmt.Appendf(b, "group %q %d\n", name, groups[name])
	}
	return b, nil
}
