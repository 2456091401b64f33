// Package recipe reads and checks recipes, the TOML files that say how one piece
// of software is built and what of it goes into an image.
//
// A recipe is data. Reading one ([Parse]) opens no other file, runs nothing and
// asks no network: the same bytes give the same [Recipe], or the same mistakes,
// on every machine. What a recipe says depends on the variant, the architecture
// and the suite it is built for; [Recipe.Instance] gives that as plain data,
// variables expanded and defaults filled in, and is what later stages read.
// [Load] reads a whole workspace. What a recipe leaves open, such as the digest
// of a source, is settled by package lock; operations on configuration files are
// package edit's.
//
// The rest of this comment is the reference of the format.
//
// # Rules
//
// What has a name is a table by its name: [user], [artefacts], [test.serves];
// for files the path is the name: [file], [edit."/etc/x"]. What has an order is
// a list: [[source]], [[step]]. Unknown keys are mistakes. TOML 1.1 is read;
// write 1.0, which every editor knows.
//
// Paths. With a leading / a path is in the image. Without, it is in the unpacked
// source for [edit] and [[step]], and beside the recipe for from, dir, patches
// and signed-by. // begins at the workspace, which no path leaves.
//
// Globs. *, **, ?, [a-z] and {a,b}. One that matches nothing is a mistake when
// the recipe is built. Where files are listed, !glob leaves out, wherever it
// stands in the list.
//
// Variables. Every recipe has name, version, major, minor, variant, arch,
// triplet and suite: 8.4.24 has major 8 and minor 4, arch is Debian's (arm64),
// triplet the GNU name (aarch64-linux-gnu). [vars] and the variant add to them.
// ${x} is expanded in names and places: everywhere but in run, content, set,
// ops, lines and body, in sudo, scripts, password and the values of variables.
// expand = true beside content or in an [edit] turns it on there. An unknown
// ${x} where it is expanded is a mistake, a lone $ is a $, and $${ is written
// for ${. In scripts the variables are environment variables, and so are out
// (where to install to), src (the source's root) and jobs.
//
// Conditions. only.arch, only.variant and only.suite, each a string or a list,
// may stand on any entry that is a table; all of them must hold. In lists of
// dependencies Debian's own form is meant: "libatomic1 [armel]", "gdb <debug>",
// "x <!debug>", where the name in <> is a variant's.
//
//	[vars]
//	home = "/opt/relay"
//
//	[variant.plain]
//	version = "1.4.0"
//
//	[variant.debug]
//	like = "plain"
//
//	[depends]
//	runtime = ["libatomic1 [armel armhf]", "gdb <debug>"]
//
//	[file]
//	"${home}/a.conf" = { content = "tmp=${TMP}\n" }                  # the text stays as it is
//	"${home}/b.conf" = { content = "version=${version}\n", expand = true }
//	"/root/.gdbinit" = { content = "set pagination off\n", only.variant = "debug", only.arch = ["amd64", "arm64"], only.suite = "trixie" }
//
//	[link]
//	"/usr/bin/relay" = "${home}/relay"                              # where an entry has one obvious value, it may be that
//
// # [recipe], [vars], [variant]
//
//   - recipe.name: by default the directory's name, which it must be in a workspace.
//   - recipe.version: also ${version}, a label, and in the SBOM.
//   - recipe.summary, homepage, license: become labels org.opencontainers.image.*;
//     the licence is an SPDX expression.
//   - recipe.arch: a list of Debian's architectures; by default the workspace's.
//   - recipe.suite: by default the workspace's.
//   - vars.X: a variable; a string, or a table by architecture in which "*" is the rest.
//   - variant.V.X: variables of a flavour, over those of [vars]. The first variant
//     is the default; NAME@V names another.
//   - variant.V.like: the variant begins with that one's values.
//
// Variants set variables, and nothing else. Names with a dot need quotes.
//
//	[recipe]
//	name     = "haproxy"
//	version  = "3.2.21"
//	summary  = "HAProxy ${variant}"
//	license  = "GPL-2.0-or-later"
//	homepage = "https://www.haproxy.org"
//	arch     = ["amd64", "arm64"]
//	suite    = "trixie"
//
//	[vars]
//	page = { amd64 = "12", "*" = "16" }
//
//	[variant."3.2"]
//	opts = "USE_QUIC=1"
//
//	[variant.debug]
//	like = "3.2"
//	opts = "USE_QUIC=1 DEBUG=1"
//
// # [depends], [archive], [scripts]
//
//   - depends.build: packages in the buildroot only.
//   - depends.runtime: packages in the image. What shared libraries need comes by
//     itself.
//   - depends.recommends: true if what these packages recommend comes, too, where
//     it can be had. `ashlar resolve --recommends` lists it to choose from.
//   - registry.npm, go, pip, cargo: in ashlar.toml, where packages of languages
//     come from that a lock file names without a place of its own: URLs in the
//     place of registry.npmjs.org, proxy.golang.org, pypi.org/simple, and
//     static.crates.io/crates.
//   - archive.A.uri, suite, components: the words of a deb822 .sources file. By
//     default the suite is the recipe's; a suite that ends in / is a flat archive,
//     which has no components.
//   - archive.A.signed-by: the key, beside the recipe.
//   - archive.A.include: globs of package names. Nothing else is ever taken from
//     here, and these are taken from nowhere else.
//   - scripts.debconf: answers for maintainer scripts. One to a question that no
//     package asks, or that is none of its choices, is a mistake.
//   - scripts.skip: packages whose scripts do not run.
//
// A dependency is a relation as Debian Policy 7.1 has it, with alternatives
// (a | b), or a pin as apt-get takes it: name=version, name/suite. Or it is
// recipe:NAME[@VARIANT][/SET], an output of another recipe, by default main, for
// the same architecture. In depends.build, and in the packages of a test, its
// files lie in the root, and with them what they depend on. In depends.runtime
// they come into the image, and so does what the recipe brings (below). A recipe
// that the steps use comes into the image by itself where its libraries are
// needed, and brings the packages that these need.
//
// Recipes cannot need each other in a circle.
//
//	[depends]
//	build   = ["build-essential", "libssl-dev (>= 3.5)", "recipe:openssl/dev"]
//	runtime = ["default-mta | mail-transport-agent", "curl/trixie-backports", "jq=1.7.1-6"]
//	recommends = true
//
//	[archive.nginx]
//	uri        = "https://nginx.org/packages/debian"
//	suite      = "${suite}"
//	components = ["nginx"]
//	signed-by  = "nginx_signing.asc"
//	include    = ["nginx", "nginx-module-*"]
//	only.arch  = ["amd64", "arm64"]
//
//	[scripts]
//	debconf = { "postfix/main_mailer_type" = "No configuration" }
//	skip    = ["openssh-server"]
//
// # [[source]], [secret]
//
//   - url: a string, or a list of places that have the same bytes.
//   - git: the address of a repository, or a list of addresses that have the same
//     commits: https, http, ssh (ssh://git@host/path or git@host:path) or
//     file:///path. With it one of tag, branch and commit; a tag with a commit must be
//     that one. The lock has the commit, and the SHA-256 of what it holds; `ashlar
//     update` moves a branch, and says when a tag was moved. Nothing of .git gets into
//     a build, all files date from the commit, and neither export-ignore, filters nor
//     Git LFS change any. ssh is the caller's own, with its agent, keys, known hosts and
//     configuration; https takes what [secret] or ~/.netrc has for the host.
//   - submodules: true by default: they come at the commits that the repository names.
//   - dir: a directory of the workspace, without .git and what the workspace's
//     .gitignore files leave out. "//", the workspace itself, comes without
//     ashlar.toml, ashlar.lock and recipes. Nothing of it is pinned: its files are
//     the recipe's own, and all of them date from 2000-01-01.
//   - sha256, sha512: if not given, the lock has it; given, it must be that one.
//   - signature, signed-by: a URL and an OpenPGP key, checked when the lock is
//     written; a digest that stands in the recipe needs neither.
//   - include, except: globs of the files of it.
//   - into: below the source's root, or, with a leading /, in the image; then no
//     step is needed. By default the root.
//   - owner: of files that go into the image, root by default.
//   - unpack: true by default for archives. A single top directory is entered.
//   - patches: files that are applied, without fuzz.
//   - vendor: lock files of languages in the source: package-lock.json or
//     npm-shrinkwrap.json, go.sum, Cargo.lock, requirements.txt with hashes (any
//     .txt). What they name is pinned by `ashlar lock`, fetched, and laid out below
//     /vendor as the language's own caches have it, with the variables set that
//     make `npm ci`, `go build`, `cargo build` and `pip install -r` take it from
//     there and ask nobody. Without steps nothing of it gets into an image.
//   - secret.S.host: the fetcher sends the secret to that host and no other, over
//     TLS: "name:password", or a token. No step sees it. Without a host the secret
//     is for the steps that name it.
//
// What a secret is, and where it comes from, is the user's business and stands in
// no workspace: the file ashlar/secrets.toml in the directory of configurations
// (~/.config) has a table by its name with file, env or command; without one the
// variable ASHLAR_SECRET_NAME is it. The value is no part of what names a result:
// another one builds nothing again. What steps with a secret wrote and said is
// searched for it, as it is, in base64, hexadecimal, the escapes of URLs and JSON,
// also inside compressed files and archives, before anything is kept.
//
// A source has one of url, git and dir.
//
//	[[source]]
//	url       = ["https://nginx.org/download/nginx-1.26.3.tar.gz", "https://example.org/nginx-1.26.3.tar.gz"]
//	sha256    = "69ee2b237744036e61d24b836668aad3040dda461fe6f570f1787eab570c75aa"
//	signature = "https://nginx.org/download/nginx-1.26.3.tar.gz.asc"
//	signed-by = "nginx.asc"
//	patches   = ["no-header.patch"]
//
//	[[source]]
//	url    = "https://downloads.example.org/app.tar.xz"
//	sha512 = "992a8e88fc9c0338445f018a1e4a2757c9e71708dba795e2864c9b1613f2b3b9b19c048e787682deae6d6bff9971defc746e31282085d52ef1d32192e09f7a0f"
//	into   = "/srv/app"
//	owner  = "www-data"
//	except = ["bin/*.bat", "temp/**"]
//	unpack = true
//
//	[[source]]
//	git    = "https://git.example.com/petclinic.git"
//	tag    = "v3.2.0"
//	commit = "65dc8d5a1a4f1f0f4f4ad0c43c0b1b1b0e2f8a11"
//	into   = "petclinic"
//
//	[[source]]
//	git        = ["git@git.example.com:team/theme.git", "https://mirror.example.org/theme.git"]
//	branch     = "main"
//	submodules = false
//	into       = "theme"
//
//	[[source]]
//	dir       = "//app"
//	include   = ["package.json", "src/**"]
//	vendor    = "package-lock.json"
//	only.arch = "amd64"
//
//	[secret.npm-token]
//	host = "npm.example.com"
//
// # [build], [[step]]
//
//   - build.uses: a build system, whose steps need not be written: autotools, cmake,
//     go, make, meson or python. It adds the packages that it takes to depends.build.
//   - build.options: for its first step: arguments of configure, cmake, meson, make,
//     go build and pip. In its scripts they are the array options.
//   - build.env: environment variables of all steps.
//   - build.workdir: the source's root by default.
//   - build.flags: "debian" (CFLAGS and so on of dpkg-buildflags) or "none".
//   - build.strip: true by default; symbols go to the set debug.
//   - build.discard: globs of what steps may leave behind, besides libtool's
//     archives, manual pages, and documentation ([DefaultDiscard]).
//   - step.name: by default its number. With uses, a step with the name of one of the
//     system's (configure, build, install) replaces that one.
//   - step.before, after: a step of the build system beside which this one runs; by
//     default behind all of them.
//   - step.run: the script, required. bash -euo pipefail, or what its #! says.
//   - step.env, workdir, user: over those of [build]; the user is root by default.
//   - step.inputs: globs; the step sees these files of the source only, and its
//     result is kept by them.
//   - step.secrets: names of secrets, to be read from /run/secrets/NAME.
//   - step.timeout: how long it may take ("30m"); then it gets SIGTERM, and 5 s
//     later SIGKILL. None by default.
//   - step.memory: what its processes may use together ("4G"), as memory.max of
//     cgroups(7) counts it; on a machine that gives ashlar no control group
//     (`ashlar doctor` says so), what each of them may write to, as RLIMIT_DATA of
//     setrlimit(2) counts it. None by default.
//   - step.processes: how many processes and threads it may have at once; 4096
//     by default. Limits are no part of what makes a result another one.
//
// An example:
//
//	[secret.licence]
//
//	[build]
//	uses    = "cmake"
//	options = ["-DWITH_TESTS=OFF"]
//	env     = { GOFLAGS = "-mod=readonly" }
//	workdir = "src"
//	flags   = "none"
//	strip   = false
//	discard = ["/usr/local/bin/old"]
//
//	[[step]]
//	name      = "compile"
//	run       = "make && make install DESTDIR=$out"
//	env       = { CGO_ENABLED = "0" }
//	workdir   = "src/cmd"
//	user      = "nobody"
//	inputs    = ["src/**", "go.*"]
//	secrets   = ["licence"]
//	timeout   = "30m"
//	memory    = "4G"
//	processes = 512
//	only.arch = "amd64"
//
//	[[step]]
//	name   = "generate"
//	before = "configure"
//	run    = "./autogen.sh"
//
//	[[step]]
//	name  = "check"
//	after = "build"
//	run   = "make check"
//
// # [cache]
//
// Caches of compilers, which the steps find as the recipe's last build left
// them: ccache (which [depends] build must have) and go-build, Go's own. They
// are no part of what makes a result another one: `ashlar verify` builds with
// what they hold, and `ashlar verify --cold` without; both must give the same
// bytes.
//
//	[depends]
//	build = ["build-essential", "ccache"]
//
//	[cache]
//	ccache   = true
//	go-build = false
//
//	[[step]]
//	run = "make install DESTDIR=$out"
//
// # [artefacts]
//
// Named sets of files that must come out: the recipe's outputs. A set is a list
// of entries, or a table of files and depends. An entry is a glob, or a table of
// path, mode, owner, caps and strip; or !glob, what is left out; or @dev, @doc,
// @debug or @locale, the usual files of that kind. Sets take files in the order
// in which they stand, and main, which every other set brings along, comes last.
// What no set takes, no ! leaves out, no discard waves off and no [file] or
// [link] of the recipe replaces stops the build. Without steps main need not be
// written: it is what the sources put into the image.
//
//	[[step]]
//	run = "make install DESTDIR=$out"
//
//	[artefacts]
//	dev  = ["@dev", "/usr/bin/x-config"]
//	data = { files = ["/usr/share/x/**"], depends = ["ca-certificates"] }
//	main = [
//	    "/usr/sbin/x", "/etc/x/**", "!/etc/x/*.default",
//	    { path = "/usr/bin/ping", mode = "0755", owner = "root", caps = "cap_net_raw=ep", strip = false, only.arch = "amd64" },
//	]
//
// # [user], [group], [dir], [file], [link], [remove], [sudo], [edit]
//
// At the top of a recipe these come into each image that has the recipe; below
// [image] all but [user] into its own image only.
//
//   - user.U: uid, gid (the uid), home ("/nonexistent"; it is made), shell
//     (nologin), groups, comment, password (a hash; "*"). Made before any
//     maintainer script runs.
//   - group.G: gid, members.
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
//     (only what the closure reaches, and what keep names).
//   - health: http, tcp or command; interval (30s), timeout (5s), start-period (0s),
//     retries (3).
//   - service.S: several programs: command, user, env, workdir, after, stop-signal
//     and restart (false).
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
//	service.fpm   = { command = ["php-fpm", "-F"], user = "www-data", env = { A = "b" }, workdir = "/srv" }
//	service.nginx = { command = ["nginx"], after = ["fpm"], stop-signal = "SIGQUIT", restart = true }
//	group.web     = { gid = 3000 }
//	dir."/srv"    = {}
//	file."/etc/a" = { content = "a\n" }
//	link."/etc/b" = "a"
//	remove.paths  = ["/etc/c"]
//	sudo.web      = "%web ALL=(root) /usr/bin/ss"
//	edit."/etc/a".lines = ["b"]
//
// The other heartbeats are health.tcp = 5432 and health.command = ["pg_isready"]:
//
//	[image]
//	user       = "postgres"
//	health.tcp = 5432
//
//	[edit."/etc/x"]
//	lines = ["x"]
//
// # [test.NAME]
//
//   - run: a script beside the started, read-only image, in its network, once its
//     heartbeat is good; packages are for it.
//   - exec: instead, a program inside the image; nothing else is started.
//   - env, cmd: instead of the image's.
//   - with.H: another image beside it, reached as host H: recipe and env.
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
