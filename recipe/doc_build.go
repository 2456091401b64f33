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
//     written; a digest that stands in the recipe needs neither. A signature that is
//     named after the file without its compression (x.tar.sign of x.tar.xz) is one over
//     what the file holds.
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
// also inside files of gzip, bzip2, xz, zstd, tar and zip, before anything is kept.
// What was cut into pieces, reversed, encrypted or encoded in another way is not
// found: a step with a secret is trusted not to want to give it away.
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
//     go, make, meson, npm or python. It adds the packages that it takes to depends.build.
//   - build.options: for its first step: arguments of configure, cmake, meson, make,
//     go build and pip. In its scripts they are the array options.
//   - build.env: environment variables of all steps.
//   - build.workdir: the source's root by default.
//   - build.flags: "debian" (CFLAGS and so on of dpkg-buildflags, which build-essential
//     brings) or "none".
//   - build.strip: true by default; symbols go to the set debug.
//   - build.discard: globs of what steps may leave behind, besides libtool's
//     archives, manual pages, and documentation.
//   - step.name: by default its number. With uses, a step with the name of one of the
//     system's (configure, build, install) replaces that one.
//   - step.before, after: a step of the build system beside which this one runs; by
//     default behind all of them.
//   - step.run: the script, required. bash -euo pipefail, or what its #! says.
//   - step.env, workdir, user: over those of [build]; the user is root by default.
//   - step.inputs: globs of files of the source, and "!glob" for what is left out.
//     The step sees these and no others, and its result is kept by them.
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
// In the environment of a step are the recipe's variables, out, src and jobs (as many
// as -j says), SOURCE_DATE_EPOCH, LC_ALL=C.UTF-8 and TZ=UTC; and MAKEFLAGS, so that a
// plain make starts several jobs. From GNU make 4.4 on the steps of all recipes that
// are built at once share these jobs, but for those with secrets; make -j$jobs has
// jobs of its own.
//
// npm compiles the modules that a package-lock.json names when that or a
// package.json changes; then it runs the project's own scripts, build the last. What
// `npm pack` would publish, and the modules that it needs, go to
// /usr/lib/node_modules/NAME, programs to /usr/bin. The source's vendor has the
// package-lock.json, and a secret with a host what a registry wants to see.
//
// A step with inputs does not run again when other files of the source change, as
// long as those before it need not. What it wrote, in the source's directory, in out
// and elsewhere, is there for the steps behind it, which see all files: of one that
// both the source and a step have they see the step's, and what a step removed stays
// away. A source that goes into the image comes with the last steps. Of a source that
// is an archive every byte counts as seen.
//
//	[[source]]
//	dir = "//app"
//
//	[[step]]
//	name   = "modules"
//	inputs = ["package*.json", "!package.local.json"]
//	run    = "npm ci"
//
//	[[step]]
//	name = "bundle"
//	run  = "npm run build"
//
// An example of the other keys:
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
// them: ccache (which [depends] build must have), go-build, Go's own, and npm, what
// bundlers and their loaders keep in node_modules/.cache (npm's own cache is what
// vendor makes). They are no part of what makes a result another one: `ashlar verify`
// builds with what they hold, and `ashlar verify --cold` without; both must give the
// same bytes. `ashlar cache` lists them, and carries them to another machine.
//
//	[depends]
//	build = ["build-essential", "ccache"]
//
//	[cache]
//	ccache   = true
//	go-build = false
//	npm      = false
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
package recipe
