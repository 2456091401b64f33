package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ashlar-build/ashlar/recipe/plan"
)

func TestEstimate(t *testing.T) {
	action := func(id plan.ID, kind plan.Kind, weight int64) *plan.Action {
		return &plan.Action{ID: id, Kind: kind, Weight: weight}
	}
	synctest.Test(t, func(t *testing.T) {
		e := newEstimate(2)
		says := func(want string) {
			t.Helper()
			if got := e.String(); got != want {
				t.Errorf("says %q, want %q", got, want)
			}
		}
		e.want(action("compile", plan.KindBuild, 0), time.Minute)
		e.want(action("other", plan.KindBuild, 0), 30*time.Second)
		e.want(action("image", plan.KindImage, 0), 0)
		says("0 of 3 actions, about 1m0s left") // the longest, though two work at once
		e.start("compile")
		e.start("other")
		time.Sleep(20 * time.Second)
		says("0 of 3 actions, about 40s left")
		e.done("other")
		time.Sleep(50 * time.Second)
		says("1 of 3 actions") // it takes longer than it did
		e.done("compile")
		e.done("compile")
		if done, all := e.share(); done != 90*time.Second || all != 90*time.Second {
			t.Errorf("%v of %v done", done, all)
		}
		e.want(action("never timed", plan.KindBuild, 0), 0)
		e.want(action("unpack", plan.KindUnpack, 60e6), 0)
		says("2 of 5 actions")
		e.done("never timed")
		says("3 of 5 actions, about 4s left")
	})
}
