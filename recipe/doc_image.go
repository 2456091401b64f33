// # [user], [group], [dir], [file], [link], [remove], [sudo], [edit]
//
// At the top of a recipe these come into each image that has the recipe; below
// [image] all but [user] into its own image only.
//
//   - user.U: uid, gid (the uid), home ("/nonexistent"; it is made), shell
//     (nologin), groups, comment, password (a hash; "*"). Made before any
//     maintainer script runs.
//   - group.G: gid, members: users that somebody makes.
//   - dir.PATH: owner (root), mode (0755).
//   - file.PATH: from or content; owner (root), mode (0755 if it begins with #! or
//     is ELF, else 0644), expand, replace, early. A PATH that ends in / takes a
//     directory. replace must be said where a package or another recipe has that
//     file, and only there.
//   - link.PATH: where it leads, or a table of to and replace.
//   - remove.paths: globs of what packages and artefacts brought.
//   - sudo.NAME: one line for /etc/sudoers.d/NAME, that visudo would take.
//   - edit.PATH: operations on one file: set.KEY, unset, comment, uncomment, lines
//     (each a line that must be there, once), and ops, a list of all operations of
//     package edit, made in this order. format says how the file is read, if its
//     path does not; files = N says that PATH is a glob of so many; require =
//     "unmodified" wants the package's own bytes. A PATH without a leading / is in
//     the unpacked source, and edited before the first step.
//   - early (of file, edit and remove): before the maintainer scripts; the edit of a
//     file that a script makes, as soon as that script has ended.
//
// A file, an edit and a variable of the image that look like secrets are refused:
// a private key, a token by its form, a value other than a path of a setting that
// is called a password.
//
// The order of application is fixed: packages, users and groups, what is early,
// maintainer scripts, artefacts of other recipes and then one's own; that is the
// tree from which from = "/…" reads and remove takes away. dir, file and link lie
// on top, and edit changes the result. Of several recipes the one that another
// depends on comes first. Two that bring different bytes for one path are a
// mistake, unless one of them says replace.
//
//	[group]
//	ops = { gid = 2001, members = ["alice"], only.arch = "amd64" }
//
//	[user]
//	alice = { uid = 3001, gid = 3001, home = "/home/alice", shell = "/bin/bash", groups = ["ops"], comment = "Alice", password = "*", only.arch = "amd64" }
//
//	[dir]
//	"/srv/x" = { owner = "alice:ops", mode = "2775", only.arch = "amd64" }
//
//	[file]
//	"/etc/x.conf"        = { from = "x.conf", owner = "alice", mode = "0640", replace = true, early = true }
//	"/etc/x.conf.sample" = { from = "/usr/share/x/x.conf", only.arch = "amd64" }
//	"/etc/motd"          = { content = "${name}\n", expand = true }
//	"/srv/www/"          = { from = "//www" }
//
//	[link]
//	"/data/log"    = "/dev/stdout"
//	"/etc/y"       = { to = "x.conf", replace = true, only.arch = "amd64" }
//
//	[remove]
//	paths     = ["/etc/nginx/sites-enabled/*"]
//	early     = false
//	only.arch = "amd64"
//
//	[sudo]
//	ops = "%ops ALL=(root) NOPASSWD: /usr/bin/ss"
//
//	[edit."/etc/php/*/fpm/php.ini"]
//	files     = 2
//	format    = "ini"
//	require   = "unmodified"
//	expand    = true
//	early     = false
//	only.arch = "amd64"
//	set."Date/date.timezone" = "UTC"
//	set.memory_limit = { to = "256M", was = "128M", count = 1 }
//	set.open_basedir = { to = "/srv", arg = 1 }
//	unset     = ["PHP/engine"]
//	comment   = ["PHP/precision"]
//	uncomment = ["PHP/user_ini.filename"]
//	lines     = ["; ${name}"]
//	ops       = [{ replace = "a", with = "b" }]
//
// # [image]
//
//   - from: begins with that recipe's image: its files, its settings, its layers,
//     on which only what differs is laid. Tables merge, lists and strings replace; a
//     heartbeat replaces a heartbeat, and an entrypoint the cmd as well.
//   - entrypoint, cmd: lists; the program is looked up in PATH.
//   - user: root by default, with a warning.
//   - workdir: / by default; made if missing, owned by the user.
//   - env: environment variables. path: directories before the usual PATH.
//   - ports: numbers, or "53/udp".
//   - state: paths that last, or tables of path, owner and mode: OCI volumes, owned
//     by the user.
//   - scratch: the same, with size: writable, may vanish. /tmp and /run always are.
//   - locale ("C.UTF-8"), locales, timezone ("UTC"): the locales are generated, LANG
//     is the first, and tzdata comes with a time zone.
//   - labels: besides those of [recipe].
//   - stop-signal: "SIGTERM" by default.
//   - cut: "slim" (no documentation, manual pages and locales), "full", or "needed"
//     (only what the closure reaches, and what keep names with what that needs). What
//     a program reads when it runs nobody can tell: a warning lists what of /etc goes,
//     and notes say where else something goes.
//   - health: http, tcp or command; interval (30s), timeout (5s), start-period (0s),
//     retries (3).
//   - service.S: several programs instead of entrypoint and cmd; below.
//
// An example, with things for this image only:
//
//	[image]
//	from        = "php-nginx"
//	entrypoint  = ["nginx"]
//	cmd         = ["-g", "daemon off;"]
//	user        = "www-data"
//	workdir     = "/srv"
//	env         = { LANG = "C.UTF-8" }
//	path        = ["/opt/php/bin"]
//	ports       = [8080, "53/udp"]
//	state       = ["/var/lib/x", { path = "/srv/data", owner = "www-data", mode = "0700", only.arch = "amd64" }]
//	scratch     = ["/run/php", { path = "/var/cache/x", owner = "root", mode = "1777", size = "64M", only.arch = "amd64" }]
//	locale      = "en_US.UTF-8"
//	locales     = ["de_DE.UTF-8"]
//	timezone    = "Europe/Berlin"
//	labels      = { "com.example.team" = "web" }
//	stop-signal = "SIGQUIT"
//	cut         = "needed"
//	keep        = ["/usr/share/zoneinfo/**"]
//	health      = { http = "http://localhost:8080/", interval = "30s", timeout = "5s", start-period = "1m", retries = 3 }
//	group.web     = { gid = 3000 }
//	dir."/srv"    = {}
//	file."/etc/a" = { content = "a\n" }
//	link."/etc/b" = "a"
//	remove.paths  = ["/etc/c"]
//	sudo.web      = "%web ALL=(root) /usr/bin/ss"
//	edit."/etc/a".lines = ["b"]
//
// The other heartbeats are health.tcp = 5432 and health.command = ["pg_isready"], a
// program that is started inside the image, as its user. `ashlar run` and `ashlar test`
// wait for the heartbeat as long as a container engine would until it calls the image
// unhealthy, start-period and retries times interval, but ask more often than that:
//
//	[image]
//	user       = "postgres"
//	health.tcp = 5432
//
//	[edit."/etc/x"]
//	lines = ["x"]
//
// # [image.service]
//
// An image that runs several programs has a service for each, and no entrypoint:
//
//   - command: the program, looked up in the image's PATH, and its arguments.
//   - user: the image's by default. Where services have different users, the image's
//     is root. HOME is the user's.
//   - env: besides the image's. workdir: the image's by default; made if missing.
//   - after: the services that are started before it. They have been started then,
//     and may not be ready, unless they say when they are.
//   - ready: a program and its arguments, started as the service's user again and
//     again until its exit status is 0: then those that are after it start.
//   - stop-signal: "SIGTERM" by default.
//   - restart: whether it is started again when it ends, a second later at the
//     soonest. A service that ends and has no restart ends the image.
//
// s6 runs them, from Debian's archive: the lock pins s6 and execline with the other
// packages, and they bring no shell. Its pid 1 reaps what nobody waits for. SIGTERM,
// SIGINT and SIGQUIT stop the image: the services are told with their stop-signal,
// those first that others are not after, and killed when all together have taken
// nine seconds, one less than container engines give an image. It ends with exit
// status 0 then; when a service has ended by itself, with that one's, which is 128 + N
// after signal N. Standard output and standard error of the services are the image's.
//
// An image's root may be read-only, and /run empty and without the right to execute;
// the image's user must be able to write to it. What is in /run/s6/template/S is told
// with s6-svc.
//
// An example:
//
//	[image]
//	user           = "root"
//	ports          = [8080]
//	service.fpm    = { command = ["php-fpm8.4", "--nodaemonize"], ready = ["test", "-S", "/run/php/php8.4-fpm.sock"], stop-signal = "SIGQUIT" }
//	service.nginx  = { command = ["nginx", "-g", "daemon off;"], after = ["fpm"], stop-signal = "SIGQUIT" }
//	service.worker = { command = ["php", "worker.php"], user = "www-data", env = { QUEUE = "mail" }, workdir = "/srv/app", restart = true }
//	health.http   = "http://localhost:8080/ping"
//
// # [test.NAME]
//
//   - run: a script beside the started, read-only image, in its network, once its
//     heartbeat is good; packages are for it.
//   - exec: instead, a program inside the image; nothing else is started.
//   - env, cmd: instead of the image's.
//   - with.H: another image, started before it and reached as host H: recipe and
//     env. Its heartbeat is waited for. All images of a test share one network, so
//     that no two of them may listen on one port.
//   - stdout: a string or a list that standard output must contain.
//   - exit: 0 by default.
//   - timeout: how long run or exec may take. None by default.
//   - memory, processes: as those of a step, for each container of the test.
//
// An example:
//
//	[image]
//	entrypoint     = ["relay"]
//	user           = "nobody"
//	health.command = ["relay", "--ping"]
//
//	[test.serves]
//	run       = "curl -fsS http://localhost:8080/"
//	packages  = ["curl"]
//	env       = { DATABASE_URL = "postgres://db/x" }
//	cmd       = ["--verbose"]
//	with.db   = { recipe = "postgres", env = { POSTGRES_PASSWORD = "test" } }
//	stdout    = ["Welcome", "${name}"]
//	exit      = 0
//	timeout   = "2m"
//	memory    = "1G"
//	processes = 100
//	only.arch = "amd64"
//
//	[test.version]
//	exec = ["relay", "--version"]
//
// # ashlar.toml
//
// Every setting of the workspace has a default, so the file may be missing.
//
//   - workspace.suite: "trixie".
//   - workspace.arch: ["amd64"].
//   - workspace.vendor: what ashlar vendor keeps all packages and sources in, which
//     is asked before archives: a directory, from the workspace; oci://REFERENCE; or
//     the URL of a web server that has such a directory. None by default.
//   - workspace.security-tracker: where ashlar outdated and update read which CVEs
//     an update fixes: a URL or a file with the JSON of Debian's security tracker.
//     None by default: then they know a security update by its archive.
//   - archive.A: as in a recipe, for all recipes. debian, debian-updates and
//     debian-security are there: the suite, SUITE-updates and SUITE-security,
//     component main, from http://deb.debian.org; a table of that name changes
//     what it says. ${suite} is the recipe's. mirrors, a list, are other places of
//     the same archive, which are asked first; they are not in the lock.
//
// An example:
//
//	[workspace]
//	suite  = "trixie"
//	arch   = ["amd64", "arm64"]
//	vendor = "oci://registry.example.com/team/vendor"
//	security-tracker = "https://security-tracker.debian.org/tracker/data/json"
//
//	[archive.debian]
//	mirrors    = ["http://mirror.example.com/debian"]
//	components = ["main", "contrib"]
//
//	[archive.own]
//	uri        = "https://deb.example.com"
//	suite      = "${suite}"
//	components = ["main"]
//	signed-by  = "own.asc"
//	include    = ["own-*"]
//	only.suite = "trixie"
//
// # Not yet
//
// What [Recipe.Unsupported] lists is read and checked, but cannot be built yet.
package recipe
