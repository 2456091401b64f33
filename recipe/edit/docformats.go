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
