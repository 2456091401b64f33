package recipe

import (
	"fmt"
	"slices"
	"strings"
)

// services reads [image.service].
func (r *reader) services(n *node) []Service {
	var out []Service
	for _, kid := range r.named(n) {
		if !isSetName(kid.key) {
			r.badKey(kid, "letters in lower case, digits and - behind the first", "%q cannot be the name of a service", kid.key)
		}
		if !r.table(kid, "command user env workdir after ready stop-signal restart") {
			continue
		}
		if kid.get("command") == nil {
			r.badKey(kid, `write command = ["…"]`, "service %q has no command", kid.key)
		}
		out = append(out, Service{
			Pos: r.keyPos(kid), Name: kid.key,
			Command:    r.command(kid.get("command")),
			User:       Ref{Name: r.account(kid.get("user"), ""), Pos: r.pos(kid.get("user"))},
			Env:        r.env(kid.get("env")),
			Workdir:    r.imagePathOf(kid.get("workdir")),
			After:      r.refs(kid.get("after"), false),
			Ready:      r.command(kid.get("ready")),
			StopSignal: r.signal(kid.get("stop-signal")),
			Restart:    r.boolean(kid.get("restart"), false),
		})
	}
	return out
}

// checkServices finds what does not fit together in the services of an image that
// has all its settings.
func (m *Image) checkServices(mistake func(at Ref, hint, format string, args ...any)) {
	if len(m.Services) == 0 {
		return
	}
	const instead = `make it a service of its own, service.NAME = { command = […] }, or leave it out`
	switch {
	case len(m.Entrypoint) > 0:
		mistake(Ref{Pos: m.EntryPos}, instead, "the image has services, and an entrypoint as well")
	case len(m.Cmd) > 0:
		mistake(Ref{Pos: m.EntryPos}, instead, "the image has services, and a cmd as well")
	}
	if m.StopPos.Line > 0 {
		mistake(Ref{Pos: m.StopPos}, "write stop-signal in the service that wants it: service.NAME.stop-signal", "the image has services, and each is stopped by its own signal")
	}
	var names []string
	for _, s := range m.Services {
		names = append(names, s.Name)
	}
	for _, s := range m.Services {
		if root := m.User.Name == "root" || m.User.Name == "0"; s.User.Name != "" && s.User.Name != m.User.Name && !root {
			mistake(s.User, `write user = "root" in [image], and the user of each service there`,
				"service %q is to run as %s, and the image runs as %s, who cannot become anybody else", s.Name, s.User.Name, m.User.Name)
		}
		for _, ref := range s.After {
			if !slices.Contains(names, ref.Name) {
				mistake(ref, nearHint(ref.Name, names), "unknown service %q", ref.Name)
			}
		}
		if len(s.Ready) > 0 && !m.awaited(s.Name) {
			mistake(Ref{Pos: s.Pos}, fmt.Sprintf("write after = [%q] in a service that is to wait, or leave it out", s.Name),
				"service %q says when it is ready, and no other is after it", s.Name)
		}
	}
	_, waiting := m.serviceGroups()
	if len(waiting) > 0 {
		circleOf(waiting, mistake)
	}
}

// awaited reports whether another service is after that one.
func (m *Image) awaited(name string) bool {
	return slices.ContainsFunc(m.Services, func(s Service) bool {
		return slices.ContainsFunc(s.After, func(r Ref) bool { return r.Name == name })
	})
}

// ServiceGroups returns the services in the order in which they are started: each
// in the first group behind those of the services that it is after, in the order
// of the recipe. A checked image has no service that is in none.
func (m *Image) ServiceGroups() [][]Service {
	groups, _ := m.serviceGroups()
	return groups
}

// serviceGroups also returns the services that wait for one another.
func (m *Image) serviceGroups() (groups [][]Service, waiting []Service) {
	waiting = m.Services
	for {
		var next, rest []Service
		for _, s := range waiting {
			if slices.ContainsFunc(s.After, func(r Ref) bool { return among(waiting, r.Name) != nil }) {
				rest = append(rest, s)
			} else {
				next = append(next, s)
			}
		}
		if len(next) == 0 {
			return groups, rest
		}
		groups, waiting = append(groups, next), rest
	}
}

func among(list []Service, name string) *Service {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

// circleOf names a circle among services that wait for one another.
func circleOf(waiting []Service, mistake func(at Ref, hint, format string, args ...any)) {
	var way []Ref // the first After of each that waits
	var names []string
	for s := &waiting[0]; ; {
		if at := slices.Index(names, s.Name); at >= 0 {
			way, names = way[at:], append(names[at:], s.Name)
			break
		}
		names = append(names, s.Name)
		next := slices.IndexFunc(s.After, func(r Ref) bool { return among(waiting, r.Name) != nil })
		way = append(way, s.After[next])
		s = among(waiting, s.After[next].Name)
	}
	var lines strings.Builder
	for i, ref := range way {
		fmt.Fprintf(&lines, "\n    %s: %s is after %s", ref.Pos, names[i], ref.Name)
	}
	mistake(way[0], "do without one of these:"+lines.String(), "service %q waits for itself: %s", names[0], strings.Join(names, " → "))
}
