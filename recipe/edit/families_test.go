package edit

import "testing"

const phpSample = `[PHP]

; About this
engine = On
;cgi.fix_pathinfo=1
memory_limit = 128M ; per script
; error_log = syslog is one of the values
error_reporting = E_ALL & ~E_DEPRECATED
include_path = ".:/usr/share/php"
extension=bz2
;extension=curl
;extension=ldap

[Date]
; Defines the default timezone
;date.timezone =

[mail function]
sendmail_path = "/usr/sbin/sendmail -t"
;mail.log = syslog
[empty]
`

func TestPHP(t *testing.T) {
	s := phpSample
	testRows(t, "/etc/php/8.2/fpm/php.ini", "", []row{
		{"value", s, `set = "PHP/memory_limit", to = "256M", was = "128M"`, edited(t, s, "128M", "256M"), ""},
		{"over its comment", s, `set = "PHP/cgi.fix_pathinfo", to = 0`, edited(t, s, ";cgi.fix_pathinfo=1", "cgi.fix_pathinfo=0"), ""},
		{"over an empty comment", s, `set = "Date/date.timezone", to = "UTC"`, edited(t, s, ";date.timezone =", "date.timezone = UTC"), ""},
		{"quotes stay", s, `set = "PHP/include_path", to = ".:/x;y"`, edited(t, s, `".:/usr/share/php"`, `".:/x;y"`), ""},
		{"quotes where needed", s, `set = "PHP/engine", to = "a ;b"`, edited(t, s, `= On`, `= "a ;b"`), ""},
		{"new", s, `set = "PHP/precision", to = 14`, edited(t, s, "extension=bz2\n", "extension=bz2\nprecision=14\n"), ""},
		{"new in an empty section", s, `set = "empty/a", to = "b"`, s + "a = b\n", ""},
		{"new before comments of the next section", s, `set = "mail function/x", to = "y"`, edited(t, s, "-t\"\n", "-t\"\nx = \"y\"\n"), ""},
		{"section left out", s, `set = "memory_limit", to = "2G", was = "128M"`, edited(t, s, "128M", "2G"), ""},
		{"section left out, in a comment", s, `set = "date.timezone", to = "UTC"`, edited(t, s, ";date.timezone =", "date.timezone = UTC"), ""},
		{"section left out, new", s, `set = "precision", to = 14`, edited(t, s, "extension=bz2\n", "extension=bz2\nprecision=14\n"), ""},
		{"no section", s, `set = "Dat/date.timezone", to = "UTC"`, "", "did you mean `Date`?"},
		{"new section", s, `section = "opcache", body = "opcache.enable = 1"`, s + "\n[opcache]\nopcache.enable = 1\n", ""},
		{"uncomment one of many", s, `uncomment = "PHP/extension[.='curl']"`, edited(t, s, ";extension=curl", "extension=curl"), ""},
		{"uncomment which", s, `uncomment = "PHP/extension", count = 2`, edited(t, s, ";extension=curl", "extension=curl", ";extension=ldap", "extension=ldap"), ""},
		{"comment", s, `comment = "PHP/engine"`, edited(t, s, "engine", ";engine"), ""},
		{"repeated", s, `set = "PHP/extension", to = ["bz2", "curl"]`, edited(t, s, "extension=bz2\n", "extension=bz2\nextension=curl\n"), ""},
		{"rename", s, `rename = "PHP/memory_limit", to = "limit"`, edited(t, s, "memory_limit", "limit"), ""},
		{"line at the end", s, `line = "date.timezone = UTC"`, "", "the line would belong to `empty`"},
		{"unset", s, `unset = "PHP/include_path"`, edited(t, s, "include_path = \".:/usr/share/php\"\n", ""), ""},
		{"unset a section", s, `unset = "mail function"`, edited(t, s, "[mail function]\nsendmail_path = \"/usr/sbin/sendmail -t\"\n;mail.log = syslog\n", ""), ""},
		{"section moves", s, `insert = "[x]\na=b", after = "PHP/engine"`, "", "would move from `PHP` to `x`"},
	})
}

const myCnf = `[client-server]
# Port or socket location
# port = 3306
socket = /run/mysqld/mysqld.sock
!includedir /etc/mysql/conf.d/

[mysqld]
skip-name-resolve
bind-address            = 127.0.0.1
#skip-external-locking
max_connections        = 100 # many
`

func TestMySQL(t *testing.T) {
	s := myCnf
	testRows(t, "/etc/mysql/my.cnf", "", []row{
		{"value", s, `set = "mysqld/bind_address", to = "0.0.0.0"`, edited(t, s, "127.0.0.1", "0.0.0.0"), ""},
		{"over its comment", s, `set = "client-server/port", to = 3307`, edited(t, s, "# port = 3306", "port = 3307"), ""},
		{"new in columns", s, `set = "mysqld/key_buffer_size", to = "1M"`, edited(t, s, "# many\n", "# many\nkey_buffer_size        = 1M\n"), ""},
		{"bare key", s, `comment = "mysqld/skip-name-resolve"`, edited(t, s, "skip-name", "#skip-name"), ""},
		{"bare key in a comment", s, `uncomment = "mysqld/skip_external_locking"`, edited(t, s, "#skip-ext", "skip-ext"), ""},
		{"bare key new", s, `insert = "skip-host-cache", first-in = "mysqld"`, edited(t, s, "[mysqld]\n", "[mysqld]\nskip-host-cache\n"), ""},
		{"bare key gets a value", s, `set = "mysqld/skip-name-resolve", to = "1"`, edited(t, s, "skip-name-resolve", "skip-name-resolve = 1"), ""},
		{"new before includes", s, `set = "client-server/ssl", to = "1"`, edited(t, s, "d.sock\n", "d.sock\nssl = 1\n"), ""},
	})
}

func TestIniKin(t *testing.T) {
	testRows(t, "x.service", "", []row{
		{"semicolon is no comment", "[Service]\nExecStart=/a ; /b # c\n", `set = "Service/ExecStart", to = "/c ; d", was = "/a ; /b # c"`, "[Service]\nExecStart=/c ; d\n", ""},
		{"repeated with reset", "[Service]\nExecStart=/a\n", `set = "Service/ExecStart", to = ["", "/b"]`, "[Service]\nExecStart=\nExecStart=/b\n", ""},
		{"continued", "[Unit]\nAfter=a \\\n  b\nX=y\n", `set = "Unit/After", to = "c", was = "a b"`, "[Unit]\nAfter=c\nX=y\n", ""},
		{"add", "[Unit]\nAfter=a b\n", `add = "Unit/After", value = "c"`, "[Unit]\nAfter=a b c\n", ""},
	})
	testRows(t, "/etc/gitconfig", "", []row{
		{"subsection", "[remote \"o\"]\n\turl = x\n", `set = "remote \"o\"/fetch", to = "y"`, "[remote \"o\"]\n\turl = x\n\tfetch = y\n", ""},
	})
	testRows(t, "smb.conf", "", []row{
		{"blanks in keys", "[global]\n   server role = standalone\n;   map to guest = bad user\n", `set = "global/map to guest", to = "never"`, "[global]\n   server role = standalone\n   map to guest = never\n", ""},
		{"new", "[global]\n   server role = standalone\n", `set = "global/map to guest", to = "never"`, "[global]\n   server role = standalone\n   map to guest = never\n", ""},
	})
	testRows(t, "supervisord.conf", "", []row{
		{"section in comments", "[supervisord]\nnodaemon=false ; (x)\n\n;[inet_http_server] ; off\n;port=127.0.0.1:9001 ; ip\n; prose here\n;user=u\n\n;x=y\n", `uncomment = "inet_http_server"`,
			"[supervisord]\nnodaemon=false ; (x)\n\n[inet_http_server] ; off\nport=127.0.0.1:9001 ; ip\n; prose here\nuser=u\n\n;x=y\n", ""},
		{"more lines", "[a]\nx=1,\n  2,\n  3\ny=4\n", `set = "a/x", to = "5"`, "[a]\nx=5\ny=4\n", ""},
	})
	testRows(t, "openssl.cnf", "", []row{
		{"name with blanks", "[ a b ]\nx = y # z\n", `set = "a b/x", to = "w"`, "[ a b ]\nx = w # z\n", ""},
		{"uncomment", "[provider_sect]\ndefault = d\n# fips = fips_sect\n", `uncomment = "provider_sect/fips"`, "[provider_sect]\ndefault = d\nfips = fips_sect\n", ""},
	})
}

const postgresSample = `# comment
#listen_addresses = 'localhost'		# what IP address(es) to listen on;
					# comma-separated list of addresses;
max_connections = 100			# (change requires restart)
#ssl = off
shared_buffers 128MB
#port = 5432				# (change requires restart)
`

func TestPostgres(t *testing.T) {
	s := postgresSample
	testRows(t, "/usr/share/postgresql/postgresql.conf.sample", "", []row{
		{"over its comment", s, `set = "listen_addresses", to = "*", was = "localhost"`, edited(t, s, "#listen_addresses = 'localhost'", "listen_addresses = '*'"), ""},
		{"trailing comment", s, `set = "max_connections", to = 200`, edited(t, s, "100", "200"), ""},
		{"without =", s, `set = "shared_buffers", to = "1GB"`, edited(t, s, "128MB", "1GB"), ""},
		{"new with quotes", s, `set = "log_destination", to = "a,b"`, edited(t, s, "shared_buffers 128MB\n", "shared_buffers 128MB\nlog_destination 'a,b'\n"), ""},
		{"already", s, `set = "max_connections", to = 100`, same, ""},
		{"empty", s, `set = "listen_addresses", to = ""`, edited(t, s, "#listen_addresses = 'localhost'", "listen_addresses = ''"), ""},
		{"quote in a value", s, `set = "listen_addresses", to = "it's"`, edited(t, s, "#listen_addresses = 'localhost'", "listen_addresses = 'it''s'"), ""},
	})
}

func TestAssignments(t *testing.T) {
	testRows(t, "main.cf", "", []row{
		{"value of lines", "mydestination = a,\n  b,\n\tc\nmyhostname = h\n", `set = "mydestination", to = "d"`, "mydestination = d\nmyhostname = h\n", ""},
		{"new", "myhostname = h\n", `set = "relayhost", to = "[x]:25"`, "myhostname = h\nrelayhost = [x]:25\n", ""},
		{"empty", "relayhost = x\n", `set = "relayhost", to = ""`, "relayhost =\n", ""},
		{"add", "mynetworks = 127.0.0.0/8 [::1]/128\n", `add = "mynetworks", value = "10.0.0.0/8"`, "mynetworks = 127.0.0.0/8 [::1]/128 10.0.0.0/8\n", ""},
		{"add first", "opts = a, b\n", `add = "opts", value = "c", first = true`, "opts = c, a, b\n", ""},
	})
	testRows(t, "vsftpd.conf", "", []row{
		{"tight", "listen=NO\n#write_enable=YES\n", `{ set = "write_enable", to = "YES" }, { set = "x", to = "1" }`, "listen=NO\nwrite_enable=YES\nx=1\n", ""},
	})
	testRows(t, "a.properties", "", []row{
		{"colon", "a: b\nc=d\n", `set = "a", to = "x"`, "a: x\nc=d\n", ""},
		{"continued", "a=b,\\\n  c\nd=e\n", `set = "a", to = "x"`, "a=x\nd=e\n", ""},
		{"blank", "a b\n", `set = "a", to = "c d"`, "a c d\n", ""},
		{"in a comment", "# a=b\n", `set = "a", to = "x"`, "a=x\n", ""},
	})
	testRows(t, "sysctl.conf", "", []row{
		{"in a comment", "#net.ipv4.ip_forward=1\n", `uncomment = "net.ipv4.ip_forward"`, "net.ipv4.ip_forward=1\n", ""},
	})
}

const sshdSample = `Include /etc/ssh/sshd_config.d/*.conf

#Port 22
#PermitRootLogin prohibit-password
# the setting of "PermitRootLogin prohibit-password".
#HostKey /etc/ssh/a
#HostKey /etc/ssh/b
UsePAM yes
X11Forwarding yes
Subsystem	sftp	/usr/lib/openssh/sftp-server

# Example of overriding settings on a per-user basis
#Match User anoncvs
#	X11Forwarding no
#	PermitTTY no
`

func TestSshd(t *testing.T) {
	s := sshdSample
	match := s + "\nMatch User a\n\tPasswordAuthentication no\n"
	testRows(t, "/etc/ssh/sshd_config", "", []row{
		{"over its comment", s, `set = "permitrootlogin", to = "no", was = "prohibit-password"`, edited(t, s, "#PermitRootLogin prohibit-password", "PermitRootLogin no"), ""},
		{"value", s, `set = "X11Forwarding", to = "no"`, edited(t, s, "X11Forwarding yes", "X11Forwarding no"), ""},
		{"argument", s, `set = "Subsystem", arg = 2, to = "internal-sftp"`, edited(t, s, "/usr/lib/openssh/sftp-server", "internal-sftp"), ""},
		{"new before Match", match, `set = "AllowGroups", to = "jump"`, edited(t, match, "sftp-server\n", "sftp-server\nAllowGroups	jump\n"), ""},
		{"in Match", match, `set = "Match[args='User a']/PasswordAuthentication", to = "yes"`, edited(t, match, "Authentication no", "Authentication yes"), ""},
		{"uncomment one", s, `uncomment = "HostKey[.='/etc/ssh/b']"`, edited(t, s, "#HostKey /etc/ssh/b", "HostKey /etc/ssh/b"), ""},
		{"uncomment which", s, `uncomment = "HostKey"`, "", "HostKey stands in 2 comments"},
		{"uncomment a section", s, `uncomment = "Match"`, edited(t, s, "#Match", "Match", "#	X11", "	X11", "#	Permit", "	Permit"), ""},
		{"dead", s, `insert = "UsePAM no", after = "X11Forwarding"`, "", "the first `UsePAM` counts"},
		{"dead line", s, `line = "UsePAM no"`, "", "the first `UsePAM` counts"},
		{"line into Match", match, `line = "GatewayPorts no"`, "", "the line would belong to `Match`"},
		{"Match into the middle", s, `insert = "Match User x\n\tBanner none", after = "UsePAM"`, "", "would move from the top of the file to `Match`"},
		{"Match without a condition", "Port 22\nMatch\n", `set = "Match", to = "User x"`, "", "would begin a section"},
		{"section", s, `section = "Match Group ops", body = "PermitOpen any\nBanner none"`, s + "\nMatch Group ops\n\tPermitOpen any\n\tBanner none\n", ""},
		{"two sections", s, `{ section = "Match Group a", body = "Banner none" }, { section = "Match Group b", body = "Banner none" }`, s + "\nMatch Group a\n\tBanner none\n\nMatch Group b\n\tBanner none\n", ""},
		{"several", s, `set = "Port", to = ["22", "2222"]`, edited(t, s, "#Port 22", "Port 22\nPort 2222"), ""},
		{"missing", s, `set = "PermitRootLogn", to = "no", was = "yes"`, "", "did you mean `PermitRootLogin`?"},
		{"replace hits comments only", s, `replace = "PermitRootLogin prohibit-password", with = "PermitRootLogin yes"`, "", "matches in comments only, 2 times"},
	})
}

func TestDirectives(t *testing.T) {
	testRows(t, "redis.conf", "", []row{
		{"repeated", "save 900 1\nsave 300 10\n", `set = "save", to = ["60 1"]`, "save 60 1\n", ""},
		{"named by its value", "save 1 2\nsave 3 4\nsave 1  2\n", `set = "save[.='1 2']", to = ["5 6", "7 8"]`, "save 5 6\nsave 3 4\nsave 7 8\n", ""},
		{"named by its value, fewer", "save 1 2\nsave 1 2\nsave 3 4\n", `set = "save[.='1 2']", to = ["5 6"]`, "save 5 6\nsave 3 4\n", ""},
		{"named by its value, more", "save 1 2\nsave 3 4\n", `set = "save[.='1 2']", to = ["5 6", "7 8"]`, "save 5 6\nsave 7 8\nsave 3 4\n", ""},
		{"many numbers in a comment", "# save ago\n# save 3600 1 300 100 60 10000\n", `set = "save", to = "60 1"`, "# save ago\nsave 60 1\n", ""},
		{"nothing in a comment", "# save \"\"\n", `uncomment = "save"`, "save \"\"\n", ""},
		{"quotes", "requirepass \"x\"\n", `set = "requirepass", to = "a b\"c"`, "requirepass \"a b\\\"c\"\n", ""},
		{"hash in a value", "# bind x\nrequirepass a#b #c\n", `set = "requirepass", to = "d", was = "a#b #c"`, "# bind x\nrequirepass d\n", ""},
	})
	testRows(t, "/etc/login.defs", "", []row{
		{"tabs", "UMASK\t\t022\n#USERGROUPS_ENAB\tyes\n", `{ set = "UMASK", to = "027" }, { set = "USERGROUPS_ENAB", to = "no" }, { set = "NEW", to = "x" }`, "UMASK\t\t027\nUSERGROUPS_ENAB\tno\nNEW\tx\n", ""},
	})
	testRows(t, "/etc/nsswitch.conf", "", []row{
		{"add", "passwd:         files systemd\nhosts:          files dns\n", `{ add = "hosts", value = "mdns4", first = true }, { add = "passwd", value = "sss" }`, "passwd:         files systemd sss\nhosts:          mdns4 files dns\n", ""},
		{"remove", "hosts:          files mdns4 dns\n", `remove = "hosts", value = "mdns4"`, "hosts:          files dns\n", ""},
		{"new in columns", "passwd:         files\n", `set = "sudoers", to = "files"`, "passwd:         files\nsudoers:        files\n", ""},
	})
	testRows(t, "/etc/haproxy/haproxy.cfg", "", []row{
		{"section", "global\n    daemon\n\ndefaults\n    mode http\n", `{ set = "defaults/mode", to = "tcp" }, { set = "global/maxconn", to = 10 }`, "global\n    daemon\n    maxconn 10\n\ndefaults\n    mode tcp\n", ""},
		{"new section", "global\n    daemon\n", `section = "frontend www", body = "bind :80"`, "global\n    daemon\n\nfrontend www\n    bind :80\n", ""},
	})
	testRows(t, "/etc/sudoers", "", []row{
		{"value", "Defaults\tenv_reset\n%sudo\tALL=(ALL:ALL) ALL\n#includedir /etc/sudoers.d\n", `{ set = "%sudo", to = "ALL=(ALL:ALL) NOPASSWD: ALL" }, { comment = "Defaults[.='env_reset']" }`, "#Defaults\tenv_reset\n%sudo\tALL=(ALL:ALL) NOPASSWD: ALL\n#includedir /etc/sudoers.d\n", ""},
		{"nothing where a line goes on", "Defaults \\\n\tenv_reset\n", `set = "Defaults", to = ""`, "Defaults\n", ""},
		{"no such option", "Defaults\tenv_reset\n", `comment = "Defaults[.='requiretty']"`, "", "is not there, but `Defaults` is"},
	})
}

const apacheSample = `# httpd
ServerRoot "/usr/local/apache2"
Listen 80
#ServerName www.example.com:80
LoadModule a_module modules/a.so
#LoadModule rewrite_module modules/mod_rewrite.so
<Directory />
    AllowOverride none
    Require all denied
</Directory>
<IfModule dir_module>
    DirectoryIndex index.html
    <Directory "/srv/www">
        AllowOverride None
        # CustomLog logs/x common
        CustomLog "logs/access_log" \
            common
    </Directory>
</IfModule>
#<Location /x>
#    Require local
#</Location>
Include conf/extra.conf
`

func TestApache(t *testing.T) {
	s := apacheSample
	testRows(t, "/etc/apache2/apache2.conf", "", []row{
		{"quotes stay", s, `set = "serverroot", to = "/srv"`, edited(t, s, `"/usr/local/apache2"`, `"/srv"`), ""},
		{"over its comment", s, `set = "ServerName", to = "localhost"`, edited(t, s, "#ServerName www.example.com:80", "ServerName localhost"), ""},
		{"which directory", s, `set = "IfModule/Directory[args='/srv/www']/AllowOverride", to = "All"`, edited(t, s, "AllowOverride None", "AllowOverride All"), ""},
		{"wrong directory", s, `set = "Directory[args='/srv']/AllowOverride", to = "All"`, "", "Directory />"},
		{"argument", s, `set = "IfModule/Directory/CustomLog", arg = 1, to = "/proc/self/fd/1"`, edited(t, s, `"logs/access_log"`, `"/proc/self/fd/1"`), ""},
		{"uncomment one of many", s, `uncomment = "LoadModule[arg1='rewrite_module']"`, edited(t, s, "#LoadModule", "LoadModule"), ""},
		{"comment a block", s, `comment = "Directory"`, edited(t, s, "<Directory />\n    AllowOverride none\n    Require all denied\n</Directory>", "#<Directory />\n#    AllowOverride none\n#    Require all denied\n#</Directory>"), ""},
		{"uncomment a block", s, `uncomment = "Location[args='/x']"`, edited(t, s, "#<Location", "<Location", "#    Require local", "    Require local", "#</Location", "</Location"), ""},
		{"new before includes", s, `set = "TraceEnable", to = "off"`, edited(t, s, "a.so\n", "a.so\nTraceEnable off\n"), ""},
		{"new in a block", s, `set = "IfModule/Directory/Options", to = "None"`, edited(t, s, "            common\n", "            common\n        Options None\n"), ""},
		{"section", s, `section = "IfModule/Location[args='/y']", body = "Require local"`, edited(t, s, "    </Directory>\n</IfModule>", "    </Directory>\n    <Location /y>\n        Require local\n    </Location>\n</IfModule>"), ""},
		{"unset a block", s, `unset = "Directory"`, edited(t, s, "<Directory />\n    AllowOverride none\n    Require all denied\n</Directory>\n", ""), ""},
		{"not closed", s, `insert = "<Location /z>", last-in = "IfModule"`, "", "no longer read as before"},
	})
}

func TestTables(t *testing.T) {
	testRows(t, "/etc/pam.d/sshd", "", []row{
		{"control", "session    required     pam_loginuid.so\nsession [success=ok ignore=ignore default=bad] pam_selinux.so close\n", `set = "session[module='pam_loginuid.so']", arg = "control", to = "optional", was = "required"`, "session    optional     pam_loginuid.so\nsession [success=ok ignore=ignore default=bad] pam_selinux.so close\n", ""},
		{"brackets", "-session [success=ok ignore=ignore] pam_selinux.so close\n", `set = "session[module='pam_selinux.so']", arg = "control", to = "required"`, "-session required pam_selinux.so close\n", ""},
		{"uncomment", "# auth\n#auth required pam_wheel.so\n", `uncomment = "auth[module='pam_wheel.so']"`, "# auth\nauth required pam_wheel.so\n", ""},
		{"no row", "auth required x.so\n", `set = "auth[module='y.so']", arg = "control", to = "optional"`, "", "    1 | auth required x.so"},
		{"insert", "auth required x.so\n@include common-auth\n", `insert = "auth sufficient y.so", before = "@include[.='common-auth']"`, "auth required x.so\nauth sufficient y.so\n@include common-auth\n", ""},
	})
	testRows(t, "pg_hba.conf", "", []row{
		{"method", "local   all             all                                     peer\nhost    all             all             127.0.0.1/32            scram-sha-256\n", `{ set = "local", arg = "method", to = "trust" }, { set = "host[address='127.0.0.1/32']", arg = "method", to = "md5" }`, "local   all             all                                     trust\nhost    all             all             127.0.0.1/32            md5\n", ""},
	})
	testRows(t, "/etc/security/limits.conf", "", []row{
		{"value", "* soft nofile 1024 # x\n", `set = "'*'[item='nofile']", arg = "value", to = 65536`, "* soft nofile 65536 # x\n", ""},
		{"row", "#* soft core 0\n# End of file\n", `line = "* hard memlock unlimited", before = "# End of file"`, "#* soft core 0\n* hard memlock unlimited\n# End of file\n", ""},
	})
	testRows(t, "/etc/passwd", "", []row{
		{"row", "root:x:0:0:root:/root:/bin/ash\n", `set = "root", to = "*:0:0::/:/bin/sh", was = "x:0:0:root:/root:/bin/ash"`, "root:*:0:0::/:/bin/sh\n", ""},
		{"row with blanks", "root:x:0:0:root:/root:/bin/ash\n", `set = "root", to = "x 0 0  / /bin/sh"`, "", "the row has 6 fields behind its name"},
		{"shell", "root:x:0:0:root:/root:/bin/ash\n", `set = "root", arg = "shell", to = "/bin/zsh", was = "/bin/ash"`, "root:x:0:0:root:/root:/bin/zsh\n", ""},
	})
	testRows(t, "/etc/group", "", []row{
		{"member", "video:x:44:\nadm:x:4:a,b\n", `{ add = "video", value = "u" }, { add = "adm", value = "c" }, { remove = "adm", value = "a" }`, "video:x:44:u\nadm:x:4:b,c\n", ""},
	})
	testRows(t, "/etc/postfix/master.cf", "", []row{
		{"uncomment with its options", "smtp inet n - y - - smtpd\n#smtps inet n - y - - smtpd\n#  -o a=b\n#  -o c=d\n#qmtp unix n - n - - qmtp\n", `uncomment = "smtps[type='inet']"`, "smtp inet n - y - - smtpd\nsmtps inet n - y - - smtpd\n  -o a=b\n  -o c=d\n#qmtp unix n - n - - qmtp\n", ""},
	})
	testRows(t, "/etc/apt/sources.list", "", []row{
		{"component", "deb http://a b main\ndeb [arch=amd64] http://a c main\n", `{ add = "deb[suite='b']", value = "contrib" }, { add = "deb[suite='c']", value = "contrib" }`, "deb http://a b main contrib\ndeb [arch=amd64] http://a c main contrib\n", ""},
	})
	testRows(t, "/etc/hosts", "", []row{
		{"name", "127.0.0.1\tlocalhost\n", `{ add = "127.0.0.1", value = "x" }, { set = "10.0.0.1", to = "db" }`, "127.0.0.1\tlocalhost x\n10.0.0.1\tdb\n", ""},
	})
	testRows(t, "/etc/locale.gen", "", []row{
		{"uncomment", locales, `uncomment = "en_US.UTF-8 UTF-8"`, edited(t, locales, "# en_US.UTF-8", "en_US.UTF-8"), ""},
		{"comment", locales, `comment = "fr_FR.UTF-8 UTF-8"`, edited(t, locales, "fr_FR", "#fr_FR"), ""},
		{"set", locales, `set = "fr_FR.UTF-8 UTF-8", to = "x"`, "", "has no value"},
	})
}
