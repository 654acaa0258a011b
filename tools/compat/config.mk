# config.mk - where xm is installed, relative to this file, so the tree can be moved as a whole
XTRATUM_PATH := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))../..)
