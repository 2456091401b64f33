package image

import (
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/lock"
)

// accountsWorld has what maintainer scripts make of accounts.
const accountsWorld = `
	package bind9 1
	d /var/cache/bind owner=root:bind mode=775
	package ssl-cert 1
	f /x
	package shells 1
	f /usr/bin/fancy elf
	package libpam-modules 1
	f /usr/lib/x86_64-linux-gnu/security/pam_unix.so elf
	effect base-passwd postinst
	line /etc/passwd root:x:0:0:root:/root:/bin/bash
	line /etc/passwd www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
	effect bind9 postinst
	line /etc/passwd bind:x:102:107::/var/cache/bind:/usr/sbin/nologin
	line /etc/group bind:x:107:
	member ssl-cert bind
	member shadow bind
	effect ssl-cert postinst
	line /etc/group ssl-cert:x:104:
	effect shells postinst
	line /etc/shells /usr/bin/fancy
	line /etc/passwd odd:x:103:33:Odd One:/odd:/usr/bin/fancy
`

func TestAccounts(t *testing.T) {
	tests := []struct {
		name, recipe                  string
		ids                           []lock.ID
		passwd, group, shadow, shells string
		user                          string
	}{
		{
			name: "nobody but root", recipe: "[image]\nuser = \"root\"",
			passwd: "root:x:0:0:root:/root:/usr/sbin/nologin", group: "root:x:0:", user: "0:0",
		},
		{
			name: "a package's, with the lock's number; groups and members of cut ones are none",
			recipe: `[depends]
runtime = ["bind9"]
[image]
user = "bind"`,
			ids:    []lock.ID{{Name: "bind", Number: 110}, {Name: "other", Number: 111}},
			passwd: "root:x:0:0:root:/root:/usr/sbin/nologin\nbind:x:110:110::/var/cache/bind:/usr/sbin/nologin",
			group:  "root:x:0:\nbind:x:110:", user: "110:110",
		},
		{
			name: "members of a kept package's group",
			recipe: `[depends]
runtime = ["bind9", "ssl-cert"]
[image]
user = "root"`,
			ids:    []lock.ID{{Name: "bind", Number: 110}, {Name: "ssl-cert", Number: 111}},
			passwd: "root:x:0:0:root:/root:/usr/sbin/nologin\nbind:x:110:110::/var/cache/bind:/usr/sbin/nologin",
			group:  "root:x:0:\nbind:x:110:\nssl-cert:x:111:bind", user: "0:0",
		},
		{
			name: "a primary group of another name, a shell, a user of numbers",
			recipe: `[depends]
runtime = ["shells"]
[image]
user = "1234"`,
			ids:    []lock.ID{{Name: "odd", Number: 100}},
			passwd: "root:x:0:0:root:/root:/usr/sbin/nologin\nodd:x:100:33:Odd One:/odd:/usr/bin/fancy",
			group:  "root:x:0:\nwww-data:x:33:", shells: "/usr/bin/fancy", user: "1234:1234",
		},
		{
			name: "the recipe's numbers come first, for Debian's own names, too",
			recipe: `[group]
jump = { gid = 2000, members = ["www-data"] }
[user]
www-data = { uid = 82 }
ann = { uid = 3001, gid = 2000, groups = ["adm"], shell = "/bin/bash", comment = "Ann" }
bob = {}
[image]
user = "www-data"`,
			ids: []lock.ID{{Name: "bob", Number: 100}, {Name: "www-data", Number: 7}},
			passwd: "root:x:0:0:root:/root:/usr/sbin/nologin\nwww-data:x:82:82::/nonexistent:/usr/sbin/nologin\n" +
				"bob:x:100:100::/nonexistent:/usr/sbin/nologin\nann:x:3001:2000:Ann:/nonexistent:/bin/bash",
			group: "root:x:0:\nadm:x:4:ann\nwww-data:x:82:\nbob:x:100:\njump:x:2000:www-data", user: "82:82",
		},
		{
			name: "somebody reads passwords",
			recipe: `[depends]
runtime = ["libpam-modules"]
[user]
ann = { uid = 3001, password = "$6$abcdefgh$0123456789012345678901234567890123456789012345678901234567890123456789012345678901234" }
[image]
user = "ann"`,
			passwd: "root:x:0:0:root:/root:/usr/sbin/nologin\nann:x:3001:3001::/nonexistent:/usr/sbin/nologin",
			group:  "root:x:0:\nshadow:x:42:\nann:x:3001:", shadow: "root:*::0:99999:7:::\nann:$6$abcdefgh$0123456789012345678901234567890123456789012345678901234567890123456789012345678901234::0:99999:7:::", user: "3001:3001",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Assemble(t.Context(), check{world: accountsWorld, recipe: tt.recipe, ids: tt.ids}.input(t))
			if err != nil {
				t.Fatal(printed(err))
			}
			for p, want := range map[string]string{
				"/etc/passwd": tt.passwd, "/etc/group": tt.group, "/etc/shadow": tt.shadow, "/etc/shells": tt.shells,
			} {
				got := ""
				if f := r.Tree.Get(p); f != nil {
					got = strings.TrimSuffix(string(f.Data), "\n")
				}
				if got != want {
					t.Errorf("%s:\n%s\nwant\n%s", p, got, want)
				}
			}
			if r.Config.User != tt.user {
				t.Errorf("user %s, want %s", r.Config.User, tt.user)
			}
			for f := range r.Tree.All() {
				if _, err := r.IDs.UID(f); err != nil {
					t.Error(err)
				}
				if _, err := r.IDs.GID(f); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestParseAccounts(t *testing.T) {
	for _, line := range []string{"", "a:b:c", ":x:1:1:::", "a:x:1:1:::x:y"} {
		if parsePasswd(line) != nil {
			t.Errorf("%q was read as a user", line)
		}
	}
	for _, line := range []string{"", "a:b:c", ":x:1:"} {
		if parseGroup(line) != nil {
			t.Errorf("%q was read as a group", line)
		}
	}
	if u := parsePasswd("a:x:-1:99999999999:::"); u == nil || u.id != unknown || u.gid != unknown {
		t.Errorf("numbers that are none: %+v", u)
	}
}

// A number that another root's wave gave to another group does not matter: waves
// come from several roots when a library's package comes along with a program.
func TestGroupsOfOtherRoots(t *testing.T) {
	res, err := Assemble(t.Context(), check{
		world: `
	package one 1
	package two 1
	effect one postinst
	line /etc/passwd one:x:101:107::/:/bin/false
	line /etc/group first:x:107:
	wave
	effect two postinst
	line /etc/passwd two:x:101:107::/:/bin/false
	line /etc/group second:x:107:
`,
		recipe: "[depends]\nruntime = [\"one\", \"two\"]\n[image]\nuser = \"one\"\nfile.\"/x\" = { content = \"\", owner = \"two\" }",
		ids:    []lock.ID{{Name: "one", Number: 110}, {Name: "two", Number: 111}, {Name: "first", Number: 112}, {Name: "second", Number: 113}},
	}.input(t))
	if err != nil {
		t.Fatal(printed(err))
	}
	for _, want := range []string{"one:x:110:112:", "two:x:111:113:"} {
		if got := string(res.Tree.Get("/etc/passwd").Data); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
