package main

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// Each recipe of a build that did not do all is told of once, as what became of it.
func TestAccount(t *testing.T) {
	broken := &plan.Action{ID: "broken", Recipe: "broken", Label: "build broken", Kind: plan.KindBuild}
	p := &plan.Plan{Actions: []*plan.Action{
		broken, {ID: "broken out", Recipe: "broken", Label: "collect broken", Kind: plan.KindCollect},
		{ID: "p1", Label: "unpack a 1", Kind: plan.KindUnpack}, {ID: "p2", Label: "unpack b 2", Kind: plan.KindUnpack},
		{ID: "p3", Label: "unpack c 3", Kind: plan.KindUnpack}, {ID: "p4", Label: "unpack d 4", Kind: plan.KindUnpack}, {ID: "lost out", Recipe: "lost", Kind: plan.KindCollect},
		{ID: "user out", Recipe: "user", Kind: plan.KindCollect},
		{ID: "here out", Recipe: "here", Kind: plan.KindCollect},
		{ID: "good out", Recipe: "good", Kind: plan.KindCollect}, {ID: "good image", Recipe: "good", Kind: plan.KindImage},
		{ID: "half out", Recipe: "half", Kind: plan.KindCollect}, {ID: "half image", Recipe: "half", Kind: plan.KindImage},
		{ID: "late", Recipe: "late", Kind: plan.KindBuild}, {ID: "late out", Recipe: "late", Kind: plan.KindCollect},
	}}
	for recipe, action := range map[string]plan.ID{
		"broken": "broken out", "user": "user out", "here": "here out", "good": "good image", "half": "half image", "late": "late out", "lost": "lost out",
	} {
		p.Goals = append(p.Goals, plan.Goal{Recipe: recipe, Action: action})
	}
	input := &buildroot.InputError{Cause: broken, Err: errors.New("exit status 7")}
	gone := errors.New("not in the store")
	unpacked := &buildroot.InputError{Cause: p.Actions[2], Err: gone}
	got := accountOf(p, &buildroot.Results{
		Made:    map[plan.ID]bool{"good out": true, "good image": true, "half out": true},
		Failed:  map[plan.ID]error{"broken": input.Err, "broken out": input, "user out": input, "p1": gone, "p2": gone, "p3": gone, "p4": gone, "lost out": unpacked},
		Stopped: map[plan.ID]bool{"half image": false, "late": true, "late out": false},
	})
	slices.Sort(got.skipped)
	want := account{
		built: []string{"good"}, failed: []string{"unpack a 1, b 2, c 3 and 1 more", "build broken"}, skipped: []string{"lost, which needs a 1", "user, which needs broken"},
		stopped: []string{"late"}, unbegun: []string{"half"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
