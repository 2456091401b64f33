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
// for. Anchors and sections must exist.
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
//
// # Formats
//
// [Formats] lists them with the paths that they are known by; a recipe may name
// another one. A format is one file here and one row there. A file whose path
// says nothing is guessed from its lines, if an operation names a key; else it
// is text, for which line, delete-line, replace, regex, patch and insert beside
// a pattern work; these work in every format. One example of each:
//
//	configparser
//	{ set = "DEFAULT/bantime", to = "1h" }
//	  [DEFAULT]
//	- bantime  = 10m
//	+ bantime  = 1h
//
//	openssl
//	{ set = "req/default_bits", to = 4096 }
//	  [ req ]
//	- default_bits		= 2048 # bits
//	+ default_bits		= 4096 # bits
//
//	systemd
//	{ set = "Service/ExecStart", to = ["", "/usr/bin/a -b"] }
//	  [Service]
//	- ExecStart=/usr/bin/a
//	+ ExecStart=
//	+ ExecStart=/usr/bin/a -b
//
//	gitconfig
//	{ set = 'remote "origin"/url', to = "https://example.com/a.git" }
//	  [remote "origin"]
//	- 	url = git://example.com/a.git
//	+ 	url = https://example.com/a.git
//
//	samba
//	{ set = "global/wins support", to = "yes" }
//	  [global]
//	     workgroup = HOME
//	- #   wins support = no
//	+    wins support = yes
//
//	supervisor
//	{ set = "supervisord/nodaemon", to = "true" }
//	  [supervisord]
//	  logfile=/dev/null ; none
//	+ nodaemon=true
//
//	ini
//	{ set = "server/use-ipv6", to = "no" }
//	  [server]
//	- use-ipv6=yes
//	+ use-ipv6=no
//
//	postgres
//	{ set = "listen_addresses", to = "*" }
//	- #listen_addresses = 'localhost'	# what to listen on
//	+ listen_addresses = '*'	# what to listen on
//
//	pg_hba
//	{ set = "host[address='::1/128']", arg = "method", to = "reject" }
//	- host all all ::1/128 scram-sha-256
//	+ host all all ::1/128 reject
//
//	master.cf
//	{ set = "smtp[type='inet']", arg = "chroot", to = "n" }
//	- smtp      inet  n       -       y       -       -       smtpd
//	+ smtp      inet  n       -       n       -       -       smtpd
//
//	postfix
//	{ add = "mydestination", value = "example.com" }
//	- mydestination = localhost, $myhostname
//	+ mydestination = localhost, $myhostname, example.com
//
//	vsftpd
//	{ set = "write_enable", to = "YES" }
//	- #write_enable=NO
//	+ write_enable=YES
//
//	properties
//	{ set = "log.dirs", to = "/data" }
//	- log.dirs=/tmp/a,\
//	-   /tmp/b
//	+ log.dirs=/data
//
//	pam
//	{ set = "session[module='pam_loginuid.so']", arg = "control", to = "optional" }
//	- session    required     pam_loginuid.so
//	+ session    optional     pam_loginuid.so
//
//	limits
//	{ set = "*[item='nofile']", arg = "value", to = 65536 }
//	- root hard nofile 1024
//	+ root hard nofile 65536
//
//	fstab
//	{ set = "'/dev/sda1'[file='/']", arg = "options", to = "defaults,noatime" }
//	- /dev/sda1 / ext4 defaults 0 1
//	+ /dev/sda1 / ext4 defaults,noatime 0 1
//
//	hosts
//	{ add = "127.0.0.1", value = "db" }
//	- 127.0.0.1	localhost
//	+ 127.0.0.1	localhost db
//
//	services
//	{ set = "http", arg = "port", to = "8080/tcp" }
//	- http		80/tcp		www
//	+ http		8080/tcp		www
//
//	apt
//	{ set = "deb[suite='trixie']", arg = "uri", to = "http://mirror.example.com" }
//	- deb http://deb.debian.org/debian trixie main
//	+ deb http://mirror.example.com trixie main
//
//	passwd
//	{ set = "root", arg = "shell", to = "/bin/bash" }
//	- root:x:0:0:root:/root:/bin/sh
//	+ root:x:0:0:root:/root:/bin/bash
//
//	shadow
//	{ set = "root", arg = "password", to = "*" }
//	- root::20000:0:99999:7:::
//	+ root:*:20000:0:99999:7:::
//
//	subid
//	{ set = "alice", arg = "count", to = 65536 }
//	- alice:100000:10
//	+ alice:100000:65536
//
//	inittab
//	{ set = "id", arg = "levels", to = 3 }
//	- id:2:initdefault:
//	+ id:3:initdefault:
//
//	sudoers
//	{ comment = "%sudo" }
//	- %sudo	ALL=(ALL:ALL) ALL
//	+ #%sudo	ALL=(ALL:ALL) ALL
//
//	spaced
//	{ set = "UMASK", to = "027" }
//	- UMASK		022
//	+ UMASK		027
//
//	keyvalue
//	{ set = "net.ipv4.ip_forward", to = 1 }
//	- #net.ipv4.ip_forward=0
//	+ net.ipv4.ip_forward=1
//
//	shell
//	{ set = "OPTIONS", to = "-a -b" }
//	- export OPTIONS="" # none
//	+ export OPTIONS="-a -b" # none
//
//	deb822
//	{ add = "Components", value = "contrib" }
//	  Types: deb
//	- Components: main
//	+ Components: main contrib
//
//	dovecot
//	{ set = "protocol[args='imap']/mail_max_userip_connections", to = 20 }
//	  protocol imap {
//	-   #mail_max_userip_connections = 10
//	+   mail_max_userip_connections = 20
//	  }
//
//	lighttpd
//	{ set = "server.port", to = 8080 }
//	- server.port                 = 80
//	+ server.port                 = 8080
//
//	logrotate
//	{ set = "'/var/log/a.log'/rotate", to = 7 }
//	  /var/log/a.log {
//	- 	rotate 4
//	+ 	rotate 7
//	  }
//
//	blocks
//	{ set = "options/recursion", to = "no" }
//	  options {
//	- 	recursion yes; // of everybody
//	+ 	recursion no; // of everybody
//	  };
//
//	json
//	{ set = "log/level", to = "warn" }
//	  {
//	    // jsonc, too
//	-   "log": { "level": "info" }
//	+   "log": { "level": "warn" }
//	  }
//
//	xml
//	{ set = "Server/Connector[@port='8080']/@timeout", to = 9 }
//	  <Server>
//	-   <Connector port="8080" timeout='5' />
//	+   <Connector port="8080" timeout='9' />
//	  </Server>
//
//	yaml
//	{ set = "network.host", to = "0.0.0.0" }
//	- #network.host: 192.168.0.1
//	+ network.host: 0.0.0.0
//
//	toml
//	{ set = "http/enabled", to = true }
//	  [http]
//	-   # enabled = false
//	+   enabled = true
//
//	php-code
//	{ set = "DB_NAME", to = "shop" }
//	- define( 'DB_NAME', 'wordpress' );
//	+ define( 'DB_NAME', 'shop' );
//
//	python
//	{ set = "c.NotebookApp.open_browser", to = false }
//	- # c.NotebookApp.open_browser = True
//	+ c.NotebookApp.open_browser = False
//
//	lua
//	{ set = "allow_registration", to = true }
//	- allow_registration = false -- nobody
//	+ allow_registration = true -- nobody
//
//	braces
//	{ set = "log/verbose", to = 1 }
//	  log {
//	- 	verbose = 0
//	+ 	verbose = 1
//	  }
//
//	colon
//	{ set = "partition-default", to = "/srv" }
//	- partition-default: /var
//	+ partition-default: /srv
package edit
