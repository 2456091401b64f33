package image

import (
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/lock"
)

func TestTree(t *testing.T) {
	tests := []struct {
		name string
		check
		want string // as listing has it
	}{
		{
			name: "documentation, manual pages, locales and init scripts stay out, copyright not",
			check: check{
				world: `
					package aa 1
					d /usr/share/doc/aa
					f /usr/share/doc/aa/copyright
					f /usr/share/doc/aa/README
					d /usr/share/doc/aa/examples
					f /usr/share/doc/aa/examples/x
					d /usr/share/man
					d /usr/share/man/man1
					f /usr/share/man/man1/a.1.gz
					d /usr/share/locale
					f /usr/share/locale/de/LC_MESSAGES/a.mo
					f /usr/share/lintian/overrides/a
					d /var/spool/a owner=daemon mode=2775
					f /etc/init.d/a script=/bin/sh
					f /etc/a.conf
				`,
				recipe: "[depends]\nruntime = [\"aa\"]\n[image]\nuser = \"root\"",
			},
			want: `
				f 644 root:root /etc/a.conf (package aa 1)
				f 644 root:root /usr/share/doc/aa/copyright (package aa 1)
				d 2775 daemon:daemon /var/spool/a (package aa 1)
			`,
		},
		{
			name: "what keep names stays",
			check: check{
				world: `
					package aa 1
					f /usr/share/doc/aa/README
					f /usr/share/doc/aa/other
					f /usr/share/locale/de/LC_MESSAGES/a.mo
				`,
				recipe: "[depends]\nruntime = [\"aa\"]\n[image]\nuser = \"root\"\nkeep = [\"/usr/share/doc/aa/R*\", \"/usr/share/locale/de/**\"]",
			},
			want: `
				f 644 root:root /usr/share/doc/aa/README (package aa 1)
				f 644 root:root /usr/share/locale/de/LC_MESSAGES/a.mo (package aa 1)
			`,
		},
		{
			name: "the copyright file of a package whose documentation is another's",
			check: check{
				world: `
					package libgcc-s1 14
					Depends: gcc-14-base
					l /usr/share/doc/libgcc-s1 gcc-14-base
					package gcc-14-base 14
					d /usr/share/doc/gcc-14-base
					f /usr/share/doc/gcc-14-base/copyright
					f /usr/share/doc/gcc-14-base/TODO
				`,
				recipe: "[depends]\nruntime = [\"libgcc-s1\"]\n[image]\nuser = \"root\"",
			},
			want: `
				f 644 root:root /usr/share/doc/gcc-14-base/copyright (package gcc-14-base 14)
				l 755 root:root /usr/share/doc/libgcc-s1 -> gcc-14-base (package libgcc-s1 14)
			`,
		},
		{
			name: "effects of kept packages, and of cut ones where the table says so",
			check: check{
				world: `
					package jre 21
					Depends: ca-certificates-java, adduser
					l /usr/lib/jvm/cacerts /etc/ssl/certs/java/cacerts
					f /etc/jre.conf text=shipped
					f /etc/jre.old
					package ca-certificates-java 1
					f /usr/share/ca-certificates-java/x
					package adduser 3
					f /usr/sbin/adduser script=/usr/bin/perl
					effect jre postinst
					f /etc/jre.conf text=changed
					- /etc/jre.old
					d /var/lib/jre owner=www-data mode=750
					f /var/lib/dpkg/info/jre.list
					effect ca-certificates-java trigger
					f /etc/ssl/certs/java/cacerts text=JKS
					effect adduser postinst
					f /etc/adduser.conf
				`,
				recipe: "[depends]\nruntime = [\"jre\"]\n[image]\nuser = \"root\"",
			},
			want: `
				f 644 root:root /etc/jre.conf "changed" (effect jre postinst)
				f 644 root:root /etc/ssl/certs/java/cacerts "JKS" (effect ca-certificates-java trigger)
				l 755 root:root /usr/lib/jvm/cacerts -> /etc/ssl/certs/java/cacerts (package jre 21)
				d 750 www-data:www-data /var/lib/jre (effect jre postinst)
			`,
		},
		{
			name: "links that lead to something cut go, those that Debian ships so stay, effects come in",
			check: check{
				world: `
					package aa 1
					Depends: ssl-cert, dpkg
					l /usr/share/a/doc ../doc/aa/README
					f /usr/share/doc/aa/README
					l /usr/bin/wrapped ../share/dpkg/wrapper
					l /usr/share/a/nowhere ../gone
					l /etc/a/made /etc/made/by-ssl-cert
					l /run/x /run/y
					package dpkg 1
					f /usr/share/dpkg/wrapper
					package ssl-cert 1
					f /usr/sbin/make-ssl-cert
					effect ssl-cert postinst
					f /etc/made/by-ssl-cert text=made
				`,
				recipe: "[depends]\nruntime = [\"aa\"]\n[image]\nuser = \"root\"",
			},
			want: `
				l 755 root:root /etc/a/made -> /etc/made/by-ssl-cert (package aa 1)
				f 644 root:root /etc/made/by-ssl-cert "made" (effect ssl-cert postinst)
				l 755 root:root /run/x -> /run/y (package aa 1)
				l 755 root:root /usr/share/a/nowhere -> ../gone (package aa 1)
			`,
		},
		{
			name: "alternatives are chosen among what is kept, without slaves that are not",
			check: check{
				world: `
					package mawk 1
					f /usr/bin/mawk
					f /usr/share/man/man1/mawk.1.gz
					package gawk 2
					f /usr/bin/gawk
					effect mawk postinst
					l /usr/bin/awk /etc/alternatives/awk
					l /etc/alternatives/awk /usr/bin/gawk
					l /usr/share/man/man1/awk.1.gz /etc/alternatives/awk.1.gz
					l /etc/alternatives/awk.1.gz /usr/share/man/man1/gawk.1.gz
					f /var/lib/dpkg/alternatives/awk text=auto\n/usr/bin/awk\nawk.1.gz\n/usr/share/man/man1/awk.1.gz\nnawk\n/usr/bin/nawk\n\n/usr/bin/gawk\n10\n/usr/share/man/man1/gawk.1.gz\n\n/usr/bin/mawk\n5\n/usr/share/man/man1/mawk.1.gz\n/usr/bin/mawk\n\n
				`,
				recipe: "[depends]\nruntime = [\"mawk\"]\n[image]\nuser = \"root\"",
			},
			want: `
				l 777 root:root /etc/alternatives/awk -> /usr/bin/mawk (effect mawk update-alternatives)
				l 777 root:root /etc/alternatives/nawk -> /usr/bin/mawk (effect mawk update-alternatives)
				l 777 root:root /usr/bin/awk -> /etc/alternatives/awk (effect mawk update-alternatives)
				f 644 root:root /usr/bin/mawk (package mawk 1)
				l 777 root:root /usr/bin/nawk -> /etc/alternatives/nawk (effect mawk update-alternatives)
			`,
		},
		{
			name: "from reads what is removed and what a link leads to; own files are never removed",
			check: check{
				world: `
					package aa 1
					f /etc/a/default.conf text=default
					l /etc/a/link default.conf
					f /etc/a/sites/default text=site
				`,
				recipe: `
[vars]
port = "80"
[depends]
runtime = ["aa"]
[remove]
paths = ["/etc/a/default.conf", "/etc/a/link", "/etc/a/sites/*"]
[file]
"/etc/a/a.conf" = { from = "/etc/a/default.conf" }
"/etc/a/b.conf" = { from = "/etc/a/link", mode = "0600", owner = "www-data:adm" }
"/etc/a/sites/mine" = { from = "mine.conf", expand = true }
"/bin/start" = { content = "x", mode = "0755" }
"/srv/www/" = { from = "www" }
[dir]
"/srv/data" = { owner = "www-data", mode = "0750" }
[link]
"/var/log/a" = "/dev/stdout"
[image]
user = "root"
`,
				files: map[string]string{"mine.conf": "listen ${port} $${x};", "www/index.html": "hi", "www/sub/x": "y"},
			},
			want: `
				f 644 root:root /etc/a/a.conf "default" (file app file)
				f 600 www-data:adm /etc/a/b.conf "default" (file app file)
				f 644 root:root /etc/a/sites/mine "listen 80 ${x};" (file app file)
				d 750 www-data:www-data /srv/data (file app dir)
				f 644 root:root /srv/www/index.html "hi" (file app file)
				f 644 root:root /srv/www/sub/x "y" (file app file)
				f 755 root:root /usr/bin/start "x" (file app file)
				l 777 root:root /var/log/a -> /dev/stdout (file app link)
			`,
		},
		{
			name: "edits follow links and keep owner and mode; replaced files need no more than that",
			check: check{
				world: `
					package aa 1
					f /etc/a/real owner=root:adm mode=640 text=port = 1\n
					l /etc/a/link real
					f /etc/a/same text=same
					f /etc/a/other text=old
				`,
				recipe: `
[depends]
runtime = ["aa"]
[file]
"/etc/a/same" = { content = "same" }
"/etc/a/other" = { content = "new", replace = true }
[edit."/etc/a/link"]
ops = [{ replace = "port = 1", with = "port = 2" }]
[image]
user = "root"
`,
			},
			want: `
				l 755 root:root /etc/a/link -> real (package aa 1)
				f 644 root:root /etc/a/other "new" (file app file)
				f 640 root:adm /etc/a/real "port = 2\n" (edit app of package aa 1)
				f 644 root:root /etc/a/same "same" (file app file)
			`,
		},
		{
			name: "state begins empty and belongs to the user, as the home does",
			check: check{
				world: `
					package db 1
					d /var/lib/db mode=700
					f /var/lib/db/shipped
					effect db postinst
					f /var/lib/db/made
				`,
				recipe: `
[depends]
runtime = ["db"]
[user]
db = { uid = 999, home = "/srv/db" }
ann = { uid = 1001, home = "/home/ann" }
[image]
user = "db"
state = ["/var/lib/db", { path = "/data", mode = "1777" }]
workdir = "/work"
`,
			},
			want: `
				d 1777 db:db /data (file app dir)
				d 700 ann:ann /home/ann (file app dir)
				d 755 db:db /srv/db (file app dir)
				d 755 db:db /var/lib/db (file app dir)
				d 755 db:db /work (file app dir)
			`,
		},
		{
			name: "artefacts come over packages; a plain directory changes nothing",
			check: check{
				world: `
					package aa 1
					d /var/mail owner=root:adm mode=2775
					f /etc/a
				`,
				outputs: []Output{
					outputOf(t, "lib", "f /opt/lib/x text=1\nf /opt/shared text=s"),
					outputOf(t, "app", "f /usr/bin/app text=app\nd /var/mail\nd /var/www owner=www-data mode=750\nf /opt/shared text=s\nf /etc/a"),
				},
				recipe: "[depends]\nruntime = [\"aa\"]\n[image]\nuser = \"root\"",
			},
			want: `
				f 644 root:root /etc/a (package aa 1)
				f 644 root:root /opt/lib/x "1" (recipe lib install)
				f 644 root:root /opt/shared "s" (recipe lib install)
				f 644 root:root /usr/bin/app "app" (recipe app install)
				d 2775 root:adm /var/mail (package aa 1)
				d 750 www-data:www-data /var/www (recipe app install)
			`,
		},
		{
			name: "two packages with one file: the one that replaces the other has it",
			check: check{
				world: `
					package new 1
					Replaces: old (<< 2)
					f /usr/bin/x text=new
					package old 1
					f /usr/bin/x text=old
				`,
				recipe: "[depends]\nruntime = [\"old\", \"new\"]\n[image]\nuser = \"root\"",
			},
			want: "f 644 root:root /usr/bin/x \"new\" (package new 1)",
		},
		{
			name: "hard links whose first name is left out",
			check: check{
				world: `
					package aa 1
					f /usr/share/doc/aa/x text=bytes
					h /usr/share/aa/y /usr/share/doc/aa/x
					h /usr/share/aa/z /usr/share/doc/aa/x
					h /usr/share/aa/b /usr/share/aa/c
					f /usr/share/aa/c text=c
				`,
				recipe: "[depends]\nruntime = [\"aa\"]\n[image]\nuser = \"root\"",
			},
			want: `
				h 755 root:root /usr/share/aa/b -> /usr/share/aa/c (package aa 1)
				f 644 root:root /usr/share/aa/c "c" (package aa 1)
				f 644 root:root /usr/share/aa/y "bytes" (package aa 1)
				h 755 root:root /usr/share/aa/z -> /usr/share/aa/y (package aa 1)
			`,
		},
		{
			name: "sudo",
			check: check{
				world: `
					package sudo 1
					f /usr/bin/sudo elf mode=4755
				`,
				recipe: "[depends]\nruntime = [\"sudo\"]\n[group]\nops = { gid = 2000 }\n[sudo]\nops = \"%ops ALL=(root) NOPASSWD: /bin/ss\"\n[image]\nuser = \"root\"",
			},
			want: `
				f 440 root:root /etc/sudoers.d/ops "%ops ALL=(root) NOPASSWD: /bin/ss\n" (file app sudo)
				f 4755 root:root /usr/bin/sudo (package sudo 1)
			`,
		},
		{
			name: "needed: what nothing leads to goes",
			check: check{
				world: `
					package aa 1
					Depends: libc6, libplugged, libother
					f /usr/bin/a elf=libc.so.6,libz.so.1
					f /usr/bin/other elf=libc.so.6
					f /usr/share/a/data
					f /usr/share/a/wanted
					f /usr/lib/a/plugin.so elf=libplugged.so.1
					f /usr/lib/a/other.so elf=libother.so.1
					f /usr/share/doc/aa/copyright
					package libz 1
					f /usr/lib/x86_64-linux-gnu/libz.so.1.3 elf=libc.so.6
					l /usr/lib/x86_64-linux-gnu/libz.so.1 libz.so.1.3
					package libplugged 1
					f /usr/lib/x86_64-linux-gnu/libplugged.so.1 elf=libc.so.6
					package libother 1
					f /usr/lib/x86_64-linux-gnu/libother.so.1 elf=libc.so.6
					package unused 1
					f /usr/bin/unused
					f /usr/share/doc/unused/copyright
				`,
				recipe: "[depends]\nruntime = [\"aa\", \"unused\"]\n[file]\n\"/etc/own\" = { content = \"x\" }\n[image]\nuser = \"root\"\nentrypoint = [\"/usr/bin/a\"]\ncut = \"needed\"\nkeep = [\"/usr/share/a/w*\", \"/usr/lib/a/p*\"]",
			},
			want: `
				f 644 root:root /etc/own "x" (file app file)
				f 755 root:root /usr/bin/a (package aa 1)
				f 755 root:root /usr/lib/a/plugin.so (package aa 1)
				f 644 root:root /usr/lib/locale/C.utf8/LC_CTYPE (package libc-bin 2.41)
				f 755 root:root /usr/lib/x86_64-linux-gnu/libc.so.6 (package libc6 2.41)
				f 755 root:root /usr/lib/x86_64-linux-gnu/libplugged.so.1 (package libplugged 1)
				l 755 root:root /usr/lib/x86_64-linux-gnu/libz.so.1 -> libz.so.1.3 (package libz 1)
				f 755 root:root /usr/lib/x86_64-linux-gnu/libz.so.1.3 (package libz 1)
				f 644 root:root /usr/share/a/wanted (package aa 1)
				f 644 root:root /usr/share/doc/aa/copyright (package aa 1)
				f 644 root:root /usr/share/doc/libc6/copyright (package libc6 2.41)
			`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.ids = append(tt.ids, lock.ID{Name: "made", Number: 100})
			r, err := Assemble(t.Context(), tt.input(t))
			if err != nil {
				t.Fatal(printed(err))
			}
			for _, p := range []string{"/usr/lib/os-release", "/etc/os-release", "/etc/debian_version", "/etc/hosts", "/proc", "/tmp"} {
				if r.Tree.Get(p) == nil {
					t.Errorf("no %s", p)
				}
			}
			got := listing(r)
			for _, always := range []string{
				"f 644 root:root /etc/debian_version \"13.1\\n\" (package base-files 13)\n",
				"l 755 root:root /etc/os-release -> ../usr/lib/os-release (package base-files 13)\n",
				"f 644 root:root /usr/lib/os-release \"ID=debian\\n\" (package base-files 13)\n",
				"d 1777 root:root /tmp (file app dir)\n", "d 755 db:db /run (file app dir)\n",
			} {
				got = strings.Replace(got, always, "", 1)
			}
			if want := lines(tt.want); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
