package recipe

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const imageKeys = "from entrypoint cmd user workdir env path ports state scratch locale locales timezone labels stop-signal cut keep health service group dir file link remove sudo edit"

// image reads [image].
func (r *reader) image(n *node, i *Instance) *Image {
	if n == nil || !r.table(n, imageKeys) {
		return nil
	}
	m := &Image{Pos: r.keyPos(n), Said: keysOf(n)}
	r.imageFrom(n.get("from"), m)
	r.imageRun(n, m)
	m.Env = r.env(n.get("env"))
	for _, kid := range tableKids(n.get("env")) {
		if value, ok := kid.value.(string); ok {
			r.keepsSecret(kid, revealedBy(kid.key, value))
		}
	}
	for _, kid := range r.entries(n.get("path"), false) {
		m.Path = append(m.Path, r.imagePathOf(kid))
	}
	m.Ports = r.ports(n.get("ports"))
	r.mounts(n, m)
	m.Locale, m.Timezone = r.locale(n.get("locale")), r.timezone(n.get("timezone"))
	for _, kid := range r.entries(n.get("locales"), false) {
		m.Locales = append(m.Locales, r.locale(kid))
	}
	m.ZonePos, m.LocalesPos = r.pos(n.get("timezone")), r.pos(n.get("locales"))
	m.LocalePos = m.LocalesPos
	if locale := n.get("locale"); locale != nil {
		m.LocalePos = r.pos(locale)
	}
	m.Labels = r.pairs(n.get("labels"))
	m.StopSignal, m.StopPos = r.signal(n.get("stop-signal")), r.pos(n.get("stop-signal"))
	m.Cut = r.one(n.get("cut"), "slim full needed")
	m.Keep = r.globs(n.get("keep"), true)
	m.Health = r.health(n.get("health"))
	m.Services = r.services(n.get("service"))
	if m.From.Recipe == "" { // else when it is known what it begins with
		m.checkServices(r.at)
	}
	m.Content = r.content(n)
	return m
}

// imageFrom reads the recipe whose image this one begins with.
func (r *reader) imageFrom(n *node, m *Image) {
	s := strings.TrimPrefix(r.word(n), "recipe:")
	switch {
	case s == "":
	case strings.ContainsAny(s, ":/"):
		r.badValue(n, "write the name of a recipe; images of registries cannot be begun with", "%q is no recipe", s)
	default:
		m.From = Dep{Pos: r.pos(n), Text: "recipe:" + s}
		r.recipeName(n, &m.From, s)
	}
}

// imageRun reads what is started, and as whom.
func (r *reader) imageRun(n *node, m *Image) {
	m.Cmd = r.command(n.get("cmd"))
	m.EntryPos = r.pos(n.get("cmd"))
	if e := n.get("entrypoint"); e != nil {
		m.Entrypoint = r.command(e)
		m.EntryPos = r.pos(e)
	}
	user := n.get("user")
	if user != nil && user.kind == tableKind {
		r.badKey(user, "accounts are made by [user] at the top of the recipe", "user of [image] is the name of a user")
		user = nil
	}
	m.User = Ref{Name: r.account(user, "root"), Pos: r.pos(user)}
	m.Workdir = "/"
	if w := n.get("workdir"); w != nil {
		m.Workdir = r.imagePathOf(w)
	}
}

// ports reads numbers, or "53/udp".
func (r *reader) ports(n *node) []Port {
	var out []Port
	for _, kid := range r.entries(n, false) {
		p := Port{Proto: "tcp"}
		if kid.kind == integerKind {
			p.Number = int(r.integer(kid, 0, 1, 65535))
		} else if s := r.word(kid); s != "" {
			number, proto, both := strings.Cut(s, "/")
			p.Number, _ = strconv.Atoi(number)
			if both {
				p.Proto = proto
			}
			if p.Number < 1 || p.Number > 65535 || p.Proto != "tcp" && p.Proto != "udp" {
				r.badValue(kid, `write 80 or "53/udp"; which port of the host it is, only running it says`, "%q is no port", s)
				continue
			}
		}
		switch {
		case p.Number == 0:
		case slices.Contains(out, p):
			r.badValue(kid, "", "port %d/%s stands twice", p.Number, p.Proto)
		default:
			out = append(out, p)
		}
	}
	return out
}

// mounts reads state and scratch, and adds /tmp and /run.
func (r *reader) mounts(n *node, m *Image) {
	taken := map[string]string{}
	read := func(list *node, keys string) []Mount {
		var out []Mount
		for _, kid := range r.entries(list, false) {
			var mount Mount
			if !r.live(kid, func() { mount = r.mount(kid, keys) }) || mount.Path == "" {
				continue
			}
			if before := taken[mount.Path]; before != "" {
				r.badValue(kid, "", "%s is %s already", mount.Path, before)
				continue
			}
			taken[mount.Path] = list.key
			out = append(out, mount)
		}
		return out
	}
	m.State = read(n.get("state"), "path owner mode only")
	m.Scratch = read(n.get("scratch"), "path owner mode size only")
	if taken["/tmp"] == "" {
		m.Scratch = append(m.Scratch, Mount{Path: "/tmp", Owner: "root", Mode: 0o1777})
	}
	if taken["/run"] == "" {
		m.Scratch = append(m.Scratch, Mount{Path: "/run", Mode: 0o755})
	}
}

// mount reads a path, or a table with it.
func (r *reader) mount(n *node, keys string) Mount {
	m := Mount{Pos: r.pos(n), Mode: 0o755}
	if n.kind != tableKind {
		m.Path = r.imagePathOf(n)
	} else if r.table(n, keys) {
		if n.get("path") == nil {
			r.badValue(n, `write path = "/…"`, "the entry has no path")
			return m
		}
		m.Path = r.imagePathOf(n.get("path"))
		m.Owner = r.owner(n.get("owner"), "")
		m.Mode = r.mode(n.get("mode")).Or(0o755)
		m.Size = r.size(n.get("size"))
	}
	for own := range strings.FieldsSeq("/ /proc /sys /dev /etc /usr /bin /sbin /lib") {
		if m.Path == own {
			r.badValue(n, "name a directory below it", "%s cannot be written to", own)
			m.Path = ""
		}
	}
	return m
}

// locale reads the name of a locale in UTF-8.
func (r *reader) locale(n *node) string {
	s := r.word(n)
	switch {
	case s == "" || s == "C.UTF-8":
		return "C.UTF-8"
	case regexp.MustCompile(`^[a-z]{2,3}(_[A-Z]{2})?\.UTF-8(@[a-z]+)?$`).MatchString(s):
		return s
	}
	r.badValue(n, localeHint(s), "%q is no locale in UTF-8", s)
	return "C.UTF-8"
}

// localeHint says how what was meant to be a locale is written.
func localeHint(s string) string {
	parts := regexp.MustCompile(`^([a-zA-Z]{2,3})[_-]([a-zA-Z]{2})(\.[a-zA-Z0-9-]+)?(@[a-z]+)?$`).FindStringSubmatch(s)
	switch {
	case s == "C" || s == "POSIX" || strings.HasPrefix(s, "C."):
		return `write "C.UTF-8"`
	case parts != nil:
		return `write "` + strings.ToLower(parts[1]) + "_" + strings.ToUpper(parts[2]) + ".UTF-8" + parts[4] + `"`
	}
	return `write "en_US.UTF-8" or "C.UTF-8"`
}

// timezone reads a name of the time zone database.
func (r *reader) timezone(n *node) string {
	s := r.word(n)
	if s == "" {
		return "UTC"
	}
	if !regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*){0,2}$`).MatchString(s) {
		r.badValue(n, `write "Europe/Berlin" or "UTC"`, "%q is no time zone", s)
		return "UTC"
	}
	return s
}

// health reads [image.health].
func (r *reader) health(n *node) *Health {
	if n != nil && n.kind == stringKind {
		r.badValue(n, "write health.http = "+r.text(n)+", or health.tcp = PORT, or health.command = [...]", "health must be a table, not a string")
		return nil
	}
	if n != nil && n.kind == stringKind {
		r.badValue(n, "write health.http = "+r.text(n), "health must be a table, not a string")
		return nil
	}
	if n == nil || !r.table(n, "http tcp command interval timeout start-period retries") {
		return nil
	}
	h := &Health{
		Pos:         r.keyPos(n),
		Command:     r.command(n.get("command")),
		Interval:    r.duration(n.get("interval"), 30*time.Second),
		Timeout:     r.duration(n.get("timeout"), 5*time.Second),
		StartPeriod: r.duration(n.get("start-period"), 0),
		Retries:     int(r.integer(n.get("retries"), 3, 1, 1000)),
	}
	if kid := n.get("tcp"); kid != nil && kid.kind == stringKind {
		r.badValue(kid, "write the port of the image, without a host and quotes: tcp = 5432", "tcp is a port")
	} else {
		h.TCP = int(r.integer(kid, 0, 1, 65535))
	}
	if kid := n.get("http"); kid != nil {
		h.HTTP = r.urlLike(kid, "http://localhost:8080/")
	}
	var ways []*node
	for _, k := range []string{"http", "tcp", "command"} {
		if kid := n.get(k); kid != nil {
			ways = append(ways, kid)
		}
	}
	switch len(ways) {
	case 0:
		r.badKey(n, "write http, tcp or command", "the heartbeat does not say what to ask")
	case 1:
	default:
		r.badKey(ways[1], "keep one of them", "the heartbeat has both %s and %s", ways[0].key, ways[1].key)
	}
	return h
}
