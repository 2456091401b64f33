package buildroot

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// An environment keeps the order in which its variables were first set.
type environment struct {
	names  []string
	values map[string]string
}

func newEnvironment() *environment { return &environment{values: map[string]string{}} }

func (e *environment) set(name, value string) {
	if _, ok := e.values[name]; !ok {
		e.names = append(e.names, name)
	}
	e.values[name] = value
}

func (e *environment) list() []string {
	list := make([]string, len(e.names))
	for i, n := range e.names {
		list[i] = n + "=" + e.values[n]
	}
	return list
}

// An account is a line of passwd(5) or group(5).
type account struct {
	name  string
	id    uint32
	group uint32 // of a user
	home  string
}

// accounts reads etc/passwd or etc/group of the topmost layer that has it.
func accounts(layers []string, file string) ([]account, error) {
	for _, dir := range layers {
		f, err := os.Open(filepath.Join(dir, file))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return parseAccounts(f)
	}
	return nil, nil
}

func parseAccounts(f *os.File) ([]account, error) {
	var list []account
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), ":")
		if len(fields) < 4 {
			continue
		}
		id, err := strconv.ParseUint(fields[2], 10, 32)
		if err != nil {
			continue
		}
		a := account{name: fields[0], id: uint32(id)}
		if len(fields) > 5 {
			gid, _ := strconv.ParseUint(fields[3], 10, 32)
			a.group, a.home = uint32(gid), fields[5]
		}
		list = append(list, a)
	}
	return list, lines.Err()
}

// accountOf returns the numbers of a user, given by name or number.
func accountOf(layers []string, user string) (uid, gid uint32, err error) {
	if user == "" || user == "root" {
		return 0, 0, nil
	}
	if n, err := strconv.ParseUint(user, 10, 32); err == nil {
		return uint32(n), uint32(n), nil
	}
	list, err := accounts(layers, "etc/passwd")
	for _, a := range list {
		if a.name == user {
			return a.id, a.group, nil
		}
	}
	if err != nil {
		return 0, 0, err
	}
	return 0, 0, fmt.Errorf("the build has no user %q", user)
}

// An owners gives names to numbers.
type owners struct {
	users, groups map[uint32]string
}

func readOwners(layers []string) (owners, error) {
	o := owners{users: map[uint32]string{0: "root"}, groups: map[uint32]string{0: "root"}}
	for file, names := range map[string]map[uint32]string{"etc/passwd": o.users, "etc/group": o.groups} {
		list, err := accounts(layers, file)
		if err != nil {
			return o, err
		}
		for _, a := range list {
			if _, ok := names[a.id]; !ok {
				names[a.id] = a.name
			}
		}
	}
	return o, nil
}

func nameOf(names map[uint32]string, id uint32) string {
	if n, ok := names[id]; ok {
		return n
	}
	return strconv.FormatUint(uint64(id), 10)
}
