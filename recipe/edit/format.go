package edit

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A Format is one family of files.
type Format struct {
	Name  string
	About string   // one line for `ashlar edit --formats`
	Globs []string // of paths; without a slash they are of the last name, and `**` is any directories
	syntax
}

// Formats returns every format, in the order in which their globs are tried.
// A format is a row here and a file with its syntax.
func Formats() []Format {
	return []Format{
		{"text", "any text, by lines", []string{"README*", "*.md", "*.pem", "*.crt", "*.key", "tmpfiles.d/*", "sysusers.d/*", "*.html", "*.sql", "*.c", "*.h", "Makefile*", "*.js", "*.pl", "*.css"}, text{}},
		{"configparser", "Python's ini files: fail2ban, setup.cfg, pip, openstack", []string{"fail2ban/**/*.conf", "fail2ban/**/*.local", "setup.cfg", "tox.ini", "pip.conf", "odoo*.conf", "keystone.conf", "nova*.conf", "neutron*.conf", "glance*.conf", "cinder*.conf", "heat.conf", "rally.conf", ".hg/hgrc", "hgrc", ".hgrc", ".pypirc", ".s3cfg", "ansible.cfg", ".coveragerc", "mercurial/**.rc"}, configparser()},
		{"nginx", "blocks and directives of nginx", []string{"nginx.conf", "nginx*.conf", "/etc/nginx/**", "nginx/conf.d/*", "nginx/conf/*", "sites-available/*.nginx", "*.nginx"}, nginx{}},
		{"apache", "directives and <Blocks> of httpd, proftpd, cups", []string{"/etc/apache2/*/*.conf", "/etc/apache2/*/*.load", "/etc/apache2/sites-*/*", "/etc/apache2/conf.d/*", "/etc/apache2/conf-*/*", "modsecurity*.conf*", "apache2.conf", "httpd.conf", "httpd*.conf", "ports.conf", "/etc/httpd/**", "000-default*", "default-ssl*", "conf/extra/*.conf", "cupsd.conf*", "proftpd.conf", ".htaccess"}, apache()},
		{"php", "php.ini, its conf.d and php-fpm's pools", []string{"php.ini*", "php*.ini", "php-fpm.conf*", "php-fpm.d/*", "pool.d/*.conf", "www.conf*", "php/**/conf.d/*.ini", "php*/conf.d/*", "mods-available/*.ini", "etc/php/**"}, php()},
		{"mysql", "option files of MySQL and MariaDB", []string{"my.cnf", ".my.cnf", "mariadb.cnf", "mysql*.cnf", "mysql/**/*.cnf", "mariadb*/**/*.cnf", "my.cnf.d/*", "mysqld.cnf", "50-*.cnf", "mysql/conf.d/*", "mariadb.conf.d/*", "mysql.conf.d/*"}, mysql()},
		{"openssl", "openssl.cnf", []string{"openssl*.cnf", "fipsmodule.cnf", "ssl/**/*.cnf"}, openssl()},
		{"systemd", "units and settings of systemd", []string{"*.service", "*.socket", "*.timer", "*.target", "*.mount", "*.path", "*.slice", "*.network", "*.netdev", "*.link", "systemd/*.conf", "systemd/**/*.conf", "*.desktop"}, systemd()},
		{"gitconfig", "git's configuration", []string{"gitconfig", ".gitconfig", ".git/config", ".gitmodules"}, gitconfig()},
		{"samba", "smb.conf, whose keys hold blanks", []string{"smb.conf", "samba/*.conf"}, samba()},
		{"supervisor", "supervisord's configuration", []string{"supervisord.conf", "/etc/supervisor/**", "/etc/supervisord/**", "supervisord.d/*", "supervisor*.conf"}, supervisor()},
		{"sshd", "sshd_config and ssh_config: the first key counts, Match blocks", []string{"sshd_config", "ssh_config", "sshd_config.d/*", "ssh_config.d/*", ".ssh/config"}, sshd()},
		{"redis", "redis.conf and sentinel.conf", []string{"redis*.conf", "sentinel.conf", "valkey*.conf"}, redis()},
		{"haproxy", "haproxy.cfg", []string{"haproxy*.cfg"}, haproxy()},
		{"postgres", "postgresql.conf and its kin", []string{"postgresql*.conf*", "createcluster.conf", "pg_ident.map"}, postgres()},
		{"pg_hba", "pg_hba.conf: type, database, user, address, method", []string{"pg_hba.conf*"}, pghba()},
		{"master.cf", "master.cf: type, private, unpriv, chroot, wakeup, maxproc, command", []string{"master.cf*"}, mastercf()},
		{"postfix", "main.cf: values go on with indented lines", []string{"main.cf*", "postfix/*.cf"}, postfix()},
		{"vsftpd", "vsftpd.conf: no blanks around =", []string{"vsftpd.conf", "vsftpd_*.conf"}, vsftpd()},
		{"properties", "Java's properties", []string{"*.properties", "java.security", "*.prefs"}, properties()},
		{"pam", "pam.d: control, module, args", []string{"pam.d/*"}, pam()},
		{"limits", "limits.conf: type, item, value", []string{"limits.conf", "limits.d/*.conf"}, limits()},
		{"fstab", "fstab: file, type, options, dump, pass", []string{"fstab", "crypttab", "mtab"}, fstab()},
		{"hosts", "hosts: an address and its names", []string{"/etc/hosts"}, hosts()},
		{"services", "services and protocols: port, aliases", []string{"/etc/services", "/etc/protocols"}, services()},
		{"nsswitch", "nsswitch.conf", []string{"nsswitch.conf"}, nsswitch()},
		{"apt", "apt's sources.list: options, uri, suite, components", []string{"sources.list", "sources.list.d/*.list", "source.list"}, sources()},
		{"subid", "subuid and subgid: start, count", []string{"/etc/subuid*", "/etc/subgid*"}, subid()},
		{"inittab", "inittab: levels, action, process", []string{"inittab"}, inittab()},
		{"passwd", "passwd: password, uid, gid, gecos, home, shell", []string{"/etc/passwd", "/etc/passwd-"}, passwd()},
		{"group", "group and gshadow: password, gid, members", []string{"/etc/group", "/etc/group-", "/etc/gshadow"}, group()},
		{"shadow", "shadow", []string{"/etc/shadow", "/etc/shadow-"}, shadow()},
		{"sudoers", "sudoers", []string{"sudoers", "sudoers.d/*", "sudoers.dist"}, sudoers()},
		{"lines", "lists of lines: locale.gen, shells, crontabs", []string{"crontab", "cron.d/*", "crontabs/*", "motd", "issue", "issue.net", "mirrorlist", "sudo_as_admin_successful", "hosts.allow", "hosts.deny", "at.deny", "cron.allow", "cron.deny", "*-license", "jvm*.options", "jvm.options.d/*", "locale.gen", "shells", "securetty", "ld.so.conf", "ld.so.conf.d/*", "/etc/modules", "modules-load.d/*.conf", "requirements*.txt", "/etc/timezone", "/etc/hostname", "repositories", "authorized_keys", "known_hosts", ".gitignore", ".dockerignore"}, linelist{"#"}},
		{"spaced", "keys and values with blanks between: login.defs, squid, tor, rsyslog, memcached", []string{"login.defs", "torrc", "squid.conf", "clamd.conf", "freshclam.conf", "clamav/*.conf", "resolv.conf", "gpg*.conf", "dirmngr.conf", "snmpd.conf", "chrony.conf", "ntp.conf", "ntpsec/*", "privoxy/config", "tinyproxy.conf", "munin*.conf", "rsyslog.conf", "host.conf", "ldap.conf", "krb5.conf.d/*", "adjtime", "unbound.conf", "proxychains*.conf", "nslcd.conf", "access.conf", "dpkg.cfg", "dpkg.cfg.d/*", ".yarnrc", "snmp.conf", "rsyslog.d/*.conf", "pptpd*", "ppp/*options*", "cntlm.conf", ".bazelrc", "*.bazelrc", ".rpmmacros", "tinyproxy/**", "torsocks.conf", "memcached*.conf", "inputrc", ".inputrc", "moduli", "hostapd.conf", "tor/torrc*", "screenrc", ".screenrc", "tmux.conf", ".tmux.conf", "modprobe.d/*.conf", "munin/**/*.conf"}, spaced()},
		{"keyvalue", "key = value without sections", []string{"sysctl.conf", "sysctl.d/*", "nrpe.cfg", "nagios/*.cfg", "dnsmasq.conf", "dnsmasq.d/*", "ocserv.conf", "zabbix*.conf", "fuse.conf", "adduser.conf", "deluser.conf", "logind.conf", "monit*.conf", "wgetrc", ".wgetrc", "mosquitto.conf", "mongodb.conf", ".npmrc", "npmrc", "ssmtp.conf", "revaliases", "rserver.conf", "rsession.conf", "nix.conf", "Xwrapper.config", "graylog*.conf", "condor_config*", "openmpi-mca-params.conf", "riak.conf", "firebird.conf", "datadog.conf", "icecast.conf", "texlive.profile", "sysstat", "initramfs.conf"}, keyvalue()},
		{"shell", "shell variables: /etc/default, envvars, .bashrc, .env", []string{"/etc/default/*", "sysconfig/*", "envvars", "*.env", ".env", ".env.*", "environment", "*.sh", ".bashrc", ".bash_profile", ".profile", ".zshrc", "bash.bashrc", "/etc/profile", "skel/.*", "locale.conf", "os-release", "setenv", "Renviron*", ".Renviron", "*-env", "*.bash", "rabbitmq-defaults", "rabbitmq-env.conf", "mailcow.conf", "rc.conf", "/etc/bashrc", ".bash_aliases", "quagga/daemons", "frr/daemons", "update-exim4.conf.conf", "kamctlrc", "mkinitcpio.conf", "makepkg.conf", "make.conf"}, shell{}},
		{"deb822", "paragraphs of fields: apt's sources and preferences", []string{"*.sources", "apt/preferences", "preferences.d/*", "debian/control", "dpkg/status"}, newDeb822()},
		{"dovecot", "key = value in braces", []string{"dovecot*.conf", "/etc/dovecot/**"}, dovecot()},
		{"lighttpd", "lighttpd.conf", []string{"lighttpd*.conf", "/etc/lighttpd/**"}, lighttpd()},
		{"logrotate", "words in braces", []string{"logrotate.conf", "logrotate.d/*"}, logrotate()},
		{"blocks", "statements with ; and blocks in braces, as of bind, syslog-ng, dhcpd, apt.conf", []string{"named.conf*", "/etc/bind/*.conf*", "/etc/bind/named*", "syslog-ng.conf", "syslog-ng/**", "dhcpd.conf", "radvd.conf", "keepalived.conf", "pdns/*.conf.d/*", "apt.conf", "apt.conf.d/*", "apt/apt.conf.d/**"}, nginx{slashes: true}},
		{"json", "JSON, with comments where a file has them", []string{"*.json", "*.jsonc", "*.json5", ".babelrc", ".eslintrc", "composer.lock", "*.webmanifest"}, jsonc{}},
		{"xml", "XML: elements, @attributes and text", []string{"*.xml", "*.xsl", "*.xsd", "*.xml.*", "fonts.conf", "fonts/conf.d/*.conf", "dbus-1/**/*.conf", "avahi/services/*.service", "*.plist", "*.pom", "*.csproj"}, xml{}},
		{"yaml", "YAML: keys, and items by their values", []string{"*.yml", "*.yaml", "cloud.cfg", "cloud.cfg.d/*", ".bundle/config", "salt/minion*", "salt/master*", "minion.d/*", "*.sls", "mongod.conf", ".gemrc", "gemrc", ".clang-format", ".travis.yml"}, yaml{}},
		{"toml", "TOML", []string{"*.toml", "influxdb/influxdb.conf", "telegraf.conf", "Pipfile", "Cargo.lock"}, tomlText{}},
		{"php-code", "PHP settings: $a['b'] = v, define(), 'k' => v", []string{"wp-config*.php", "config.inc.php", "config*.php", "settings*.php", "LocalSettings.php", "parameters.php", "local.php"}, phpCode()},
		{"python", "Python settings: a.b = v", []string{"jupyter_*config.py", "ipython*_config.py", "settings.py", "local_settings.py", "config.py", "gunicorn*.py", "superset_config.py", "uwsgi*.py"}, python()},
		{"lua", "Lua settings: a = v, in tables, too", []string{"*.lua"}, lua()},
		{"braces", "key = value in braces: lvm, freeradius", []string{"lvm.conf", "lvmlocal.conf", "raddb/**", "freeradius/**", "shiny-server.conf"}, freeradius()},
		{"colon", "key: value without nesting", []string{"imapd.conf", "aliases"}, colon()},
		{"ini", "sections and keys: what is no other ini", []string{"*.ini", "*.cfg", "*.repo", "yum.conf", "dnf.conf", "pacman.conf", "bluetooth/*.conf", "/etc/ansible/hosts", "yum.repos.d/*", "supervisor/conf.d/*", "*.ini.*", ".theanorc", "asterisk/*.conf", "storage-*.conf", "xrdp/*", "sssd.conf", "gdm3/*.conf", "realmd.conf", "ini.d/*", "avahi-daemon.conf", "NetworkManager.conf", "*.cnf", "lightdm.conf"}, ini()},
	}
}

// FormatOf returns the name of the format that a file of this path has, or
// "text" where the path says nothing.
func FormatOf(name string) string {
	for _, f := range Formats() {
		for _, g := range f.Globs {
			if globs(g, name) {
				return f.Name
			}
		}
	}
	return "text"
}

// globs reports whether name is one that the glob of a format means. A glob
// without a leading slash may begin at any directory.
func globs(glob, name string) bool {
	name = path.Clean("/" + name)
	if glob[0] != '/' {
		glob = "/**/" + glob
	}
	return globParts(strings.Split(glob[1:], "/"), strings.Split(name[1:], "/"))
}

// globParts matches a glob by its path elements.
func globParts(glob, name []string) bool {
	for i, g := range glob {
		if g == "**" {
			if i == len(glob)-1 {
				return i < len(name)
			}
			for n := i; n <= len(name); n++ {
				if globParts(glob[i+1:], name[n:]) {
					return true
				}
			}
			return false
		}
		if i >= len(name) {
			return false
		}
		if ok, err := path.Match(g, name[i]); err != nil || !ok {
			return false
		}
	}
	return len(glob) == len(name)
}

// formatByText returns the format of a file that its path says to be of another
// one, where the first bytes leave no doubt: /etc/avahi/services/ssh.service is
// no unit of systemd.
func formatByText(format, src string) string {
	switch {
	case format != "systemd":
	case strings.HasPrefix(src, "<?xml"):
		return "xml"
	case strings.HasPrefix(src, "#!"):
		return "shell"
	}
	return format
}

// formatOf returns the format of an input.
func formatOf(in Input) (Format, error) {
	name := in.Format
	if name == "" {
		name = formatByText(FormatOf(in.Name), string(in.Bytes))
		if name == "text" && slices.ContainsFunc(in.Ops, Op.onKeys) {
			name = guess(in.Name, string(in.Bytes))
		}
	}
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	hint := "the formats are " + strings.Join(names, ", ")
	if near := diag.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q? %s", near, hint)
	}
	e := &diag.Error{Msg: fmt.Sprintf("%s: unknown format %q", in.Name, name), Hint: hint}
	if len(in.Ops) > 0 {
		e.Pos = in.Ops[0].Pos
	}
	return Format{}, e
}

// KnowsFormat reports whether name is a format's.
func KnowsFormat(name string) bool {
	return slices.ContainsFunc(Formats(), func(f Format) bool { return f.Name == name })
}
