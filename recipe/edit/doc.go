// Package edit changes configuration files by typed operations: bytes and
// operations in, bytes and a report out ([Apply]).
//
// An operation either does what it says or is a mistake; none is ever silent.
// A file is read by its format into entries that know their places, the bytes
// of these places are replaced, and the result is read again to prove that it
// holds what was asked for and that each other entry is as and where it was.
// Every byte outside of the reported spans is unchanged. A line that a format
// does not explain is left alone; it never makes the rest of a file unreadable.
//
// The package knows no recipe, no image and no disk. Its mistakes are
// [diag.Error] values at the operation's place in the recipe, which name the
// place in the edited file, too.
//
// # Operations
//
// An operation is a table with one of these keys ([Decode]). PATH is
// section/key, see [Path].
//
//	{ set = PATH, to = V }          the value becomes V; its quotes, spacing and comment stay
//	  was = V0                      stop unless the value is V0 now
//	  arg = N or NAME               only that argument of a directive, or column of a table
//	  to = [V1, V2]                 a key that stands several times, or a list where the format has them
//	{ unset = PATH }                take the entry away
//	{ comment = PATH }              put the entry into a comment
//	{ uncomment = PATH }            take the entry out of its comment
//	{ rename = PATH, to = KEY }     give the entry another key
//	{ add = PATH, value = V }       one more value of a list; first = true puts it first
//	{ remove = PATH, value = V }    one value less
//	{ insert = TEXT, after = AT }   also before, first-in, last-in; AT is a PATH, or /RE2/ for a line
//	  where = "end"                 or "start": of the file
//	{ section = PATH, body = TEXT } a new section
//	{ line = TEXT }                 make sure the line is there; where = "start", after = LINE, before = LINE
//	{ delete-line = RE2 }           take lines away
//	{ replace = TEXT, with = TEXT } replace a literal text
//	{ regex = RE2, with = TEXT }    replace what the pattern matches; `with` knows \1
//	{ patch = FILE }                apply a unified difference, each hunk at exactly its line
//
// All but set with a new key, line, section and patch match something, and
// must match exactly once; count = 2 says twice, count = "1+" at least once.
// What stands in comments does not count. Where a key to set is not active but
// stands commented out (#Key value), that line is the place; where it is not
// there at all, it goes behind the last key of its section, spelt as that one
// is, and is reported as new, with the key there that it may have been mistyped
// for. Anchors and sections must exist; where a format reads nothing outside of
// sections, as systemd, my.cnf and git do, a new key must name one.
//
// An operation that finds everything as it wants it is reported as already so,
// which [Options] can make a mistake.
//
// # Examples
//
// Each shows what an operation makes of some lines: those with `-` become those
// with `+`.
//
//	sshd
//	{ set = "PermitRootLogin", to = "no", was = "prohibit-password" }
//	- #PermitRootLogin prohibit-password
//	+ PermitRootLogin no
//	  UsePAM yes
//
//	apache
//	{ set = "CustomLog", arg = 1, to = "/dev/stdout" }
//	- CustomLog /var/log/a.log combined
//	+ CustomLog /dev/stdout combined
//
//	haproxy
//	{ set = "defaults/timeout client", to = "30s" }
//	  defaults
//	      mode http
//	-     timeout client  50s
//	+     timeout client  30s
//
//	redis
//	{ set = "save", to = ["900 1", "60 5"] }
//	  save 900 1
//	+ save 60 5
//	  appendonly no
//
//	mysql
//	{ unset = "mysqld/bind-address" }
//	  [mysqld]
//	- bind-address = 127.0.0.1
//	  port = 3306
//
//	mysql
//	{ comment = "mysqld/bind-address" }
//	  [mysqld]
//	- bind-address = 127.0.0.1
//	+ #bind-address = 127.0.0.1
//
//	nginx
//	{ uncomment = "http/gzip_vary" }
//	  http {
//	      gzip on;
//	-     # gzip_vary on;
//	+     gzip_vary on;
//	  }
//
//	php
//	{ rename = "xdebug.remote_host", to = "xdebug.client_host" }
//	- xdebug.remote_host = a
//	+ xdebug.client_host = a
//
//	nsswitch
//	{ add = "hosts", value = "mdns4", first = true }
//	- hosts: files dns
//	+ hosts: mdns4 files dns
//
//	group
//	{ remove = "adm", value = "alice" }
//	- adm:x:4:alice,bob
//	+ adm:x:4:bob
//
//	nginx
//	{ insert = "listen [::]:80;", after = "server[server_name='a']/listen" }
//	  server {
//	      server_name a;
//	      listen 80;
//	+     listen [::]:80;
//	  }
//
//	apache
//	{ insert = "Require local", first-in = "Location[args='/']" }
//	  <Location />
//	+     Require local
//	      Options None
//	  </Location>
//
//	text
//	{ insert = "two", before = "/^three/" }
//	  one
//	+ two
//	  three
//
//	haproxy
//	{ section = "backend[args='app']", body = "server one 127.0.0.1:80" }
//	  defaults
//	      mode http
//	+
//	+ backend app
//	+     server one 127.0.0.1:80
//
//	lines
//	{ line = "en_US.UTF-8 UTF-8" }
//	- # en_US.UTF-8 UTF-8
//	+ en_US.UTF-8 UTF-8
//	  # fr_FR.UTF-8 UTF-8
//
//	text
//	{ delete-line = "^two$" }
//	  one
//	- two
//	  three
//
//	text
//	{ replace = "deb.debian.org", with = "mirror.example.com", count = 2 }
//	- a deb.debian.org
//	- b deb.debian.org
//	+ a mirror.example.com
//	+ b mirror.example.com
//
//	text
//	{ regex = '(max) = \d+', with = '\1 = 7' }
//	- max = 12
//	+ max = 7
//
// A difference is a file beside the recipe; here, of these two lines:
//
//	text
//	{ patch = "a.patch" }
//	- one
//	+ 1
//	  two
package edit
