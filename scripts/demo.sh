#!/usr/bin/env bash
# The main job from beginning to end, on an invented township: bash scripts/demo.sh BANGFU FOLDER
set -euo pipefail
bangfu=$1 folder=$2
plan=s4_nanhuzhou place=430624119000 as_of=2018-12-31
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"

step() { printf '\n\033[1m%s\033[0m\n$ bangfu %s\n' "$1" "${*:2}"; "$bangfu" "${@:2}"; }

step "1  一个镇的工作簿（虚构，故意留有差错）" sample s4 工作簿 --workbooks
step "2  导入：逐格核对，有问题的标在原表的副本上" import 工作簿/户信息表.xlsx 工作簿/人口信息表.xlsx 工作簿/家庭收入表.xlsx \
  工作簿/帮扶责任人结对表.csv 工作簿/驻村干部表.xlsx --register 登记库 --within $place --year 2018 \
  --complete-on $as_of --effective-on $as_of --marked 标注 --show 12
step "3  快照：只有编号和事实，没有姓名和证件号码" snapshot 登记库 快照 --as-of $as_of
step "4  按工作方案核查" evaluate $plan 快照 结果 --brief
step "5  交付：问题台账、汇总页" export $plan 快照 结果 交付 --register 登记库 --purpose 整改交办
step "6  一户为什么是这个结论" explain $plan 快照 结果 --register 登记库 --purpose 入户核实 --first

printf '\n可以打开看：\n'
for file in 交付/summary.html 交付/findings.xlsx 标注/*.xlsx; do printf '  %s\n' "$PWD/$file"; done
