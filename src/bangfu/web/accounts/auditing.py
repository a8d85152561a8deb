"""The audit page: every event within one's divisions, narrowed, each with its seal checked."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST

from bangfu.core.divisions import Level
from bangfu.core.messages import N_
from bangfu.web.access import ROLES, Permission, Role, require
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import codes_of
from bangfu.web.audit.models import Event, EventKind
from bangfu.web.audit.recording import first_broken, seal_of
from bangfu.web.divisions.models import Division
from bangfu.web.pages.tables import Column, filter_of, listing
from bangfu.web.pages.text import later, moment, t

KINDS = {
    EventKind.SIGNED_IN: N_("登录"),
    EventKind.SIGN_IN_FAILED: N_("登录失败"),
    EventKind.SIGNED_OUT: N_("退出登录"),
    EventKind.PASSWORD_CHANGED: N_("更改密码"),
    EventKind.ACCOUNT_CREATED: N_("建账号"),
    EventKind.ACCOUNT_LOCKED: N_("停用账号"),
    EventKind.ACCOUNT_UNLOCKED: N_("恢复账号"),
    EventKind.PASSWORD_RESET: N_("重置密码"),
    EventKind.SESSIONS_ENDED: N_("强制退出"),
    EventKind.ROLE_GRANTED: N_("授予角色"),
    EventKind.ROLE_ENDED: N_("收回角色"),
    EventKind.DIVISIONS_LOADED: N_("载入区划"),
    EventKind.HOUSEHOLD_READ: N_("查看户档案"),
    EventKind.VALUE_REVEALED: N_("查看隐去的内容"),
    EventKind.REGISTER_CHANGED: N_("登记变更"),
    EventKind.REGISTER_UNDONE: N_("撤销变更"),
    EventKind.CHANGE_PROPOSED: N_("提出变更申请"),
    EventKind.CHANGE_APPROVED: N_("批准变更申请"),
    EventKind.CHANGE_REFUSED: N_("退回变更申请"),
    EventKind.CHANGE_WITHDRAWN: N_("撤回变更申请"),
    EventKind.IMPORT_CHECKED: N_("核对导入"),
    EventKind.IMPORT_FILE_READ: N_("下载导入文件"),
    EventKind.ISSUES_RAISED: N_("问题立账"),
    EventKind.ISSUES_MOVED: N_("办理问题"),
    EventKind.ISSUES_UNDONE: N_("撤销批量办理"),
    EventKind.ISSUE_READ: N_("查看问题"),
    EventKind.EVIDENCE_READ: N_("查看整改材料"),
    EventKind.LEDGER_EXPORTED: N_("导出台账"),
    EventKind.LEDGER_IMPORTED: N_("导入台账"),
    EventKind.PLAN_UPLOADED: N_("上传方案"),
    EventKind.PLAN_PROPOSED: N_("提请施行方案"),
    EventKind.PLAN_APPROVED: N_("批准方案"),
    EventKind.PLAN_RETURNED: N_("退回方案"),
    EventKind.PLAN_WITHDRAWN: N_("撤回方案"),
    EventKind.PLAN_ENDED: N_("停止方案"),
    EventKind.RUN_ASKED: N_("发起核查"),
    EventKind.RUN_FINISHED: N_("核查完成"),
    EventKind.RUN_CANCELLED: N_("取消核查"),
    EventKind.RUN_READ: N_("查看核查结果"),
    EventKind.HOUSEHOLD_JUDGED: N_("单户重判"),
    EventKind.SNAPSHOT_WRITTEN: N_("生成快照"),
    EventKind.KEYS_ROTATED: N_("更换密钥"),
}
_BROKEN = {"missing": N_("缺失"), "exchanged": N_("与前一条不衔接"), "altered": N_("内容被改动")}
_SHOWN = {
    "reason": N_("事由：{value}"),
    "purpose": N_("用途：{value}"),
    "batch": N_("第 {value} 批"),
    "request": N_("申请第 {value} 号"),
    "count": N_("{value} 件"),
}


def events_of(user: User) -> QuerySet[Event]:
    """Events that concern one's divisions; those that concern no place are for a county and above."""
    codes = codes_of(user, Permission.AUDIT_READ)
    places = Division.objects.filter(code__in=codes)
    seen = Q(division__in=Division.objects.below(codes).values("code"))
    if places.filter(level__lte=Level.COUNTY).exists():
        seen |= Q(division="")
    return Event.objects.filter(seen)


def kind_text(kind: str) -> str:
    """What happened, in words."""
    return t(KINDS[EventKind(kind)]) if kind in set(EventKind) else kind


def _about(event: Event) -> str:
    """What the event says beside its kind: keys and counts, a reason, a role."""
    said = [
        t(words, value=str(event.details[key])) for key, words in _SHOWN.items() if event.details.get(key)
    ]
    role = event.details.get("role")
    if role in set(Role):
        said.insert(0, t(ROLES[Role(role)].name))
    return " · ".join(said)


def _whom(event: Event) -> str:
    words = {"household": N_("户 {key}"), "user": N_("账号 {key}"), "issue": N_("问题 {key}")}
    if not event.subject or event.subject_id is None:
        return ""
    return t(words.get(event.subject, N_("记录 {key}")), key=str(event.subject_id))


def _who(name: str) -> str:
    if name.startswith("command:"):
        return t(N_("服务器命令 {name}"), name=name.removeprefix("command:"))
    return name or "—"


def _holds(event: Event) -> str:
    """Whether the event bears its seal, which covers the seal before it."""
    return t(N_("✓ 完好")) if event.seal == seal_of(event) else t(N_("✕ 被改动"))


COLUMNS = (
    Column("number", later(N_("序号")), lambda one: str(one.number), ("number",), phone="title"),
    Column("at", later(N_("时间")), lambda one: moment(one.at)),
    Column("who", later(N_("谁")), lambda one: _who(one.by_name)),
    Column("kind", later(N_("做了什么")), lambda one: kind_text(one.kind)),
    Column("whom", later(N_("对象")), _whom),
    Column("about", later(N_("说明")), _about),
    Column("seal", later(N_("封印")), _holds),
)


@require(Permission.AUDIT_READ)
def audit(request: HttpRequest) -> HttpResponse:
    """The events, narrowed by who, what kind, when and which household."""
    if not isinstance(request.user, User):
        raise TypeError("the doors let nobody else in")
    seen = events_of(request.user)
    kinds = [(kind.value, t(words)) for kind, words in KINDS.items()]
    kind = filter_of(request, "kind", t(N_("做了什么")), kinds)
    people = sorted(
        {*seen.exclude(by_id=None).values_list("by_id", "by_name").distinct()}, key=lambda p: p[1]
    )
    who = filter_of(request, "by", t(N_("谁")), [(str(key), name) for key, name in people])
    rows = _narrowed(seen, request.GET, kind, who)
    table = listing(
        request,
        rows,
        COLUMNS,
        lambda one: f"?kind={one.kind}",
        unit=t(N_("条")),
        default_order="-number",
        filters=[who, kind],
        empty=t(N_("没有符合条件的记录。放宽条件再看。")),
    )
    context = {"table": table, "said": request.GET}
    return render(request, "accounts/audit.html", context)


def _narrowed(seen: QuerySet[Event], said: Any, *filters: Any) -> QuerySet[Event]:
    for one, path in zip(filters, ("kind", "by_id"), strict=True):
        chosen = next((option.value for option in one.options if option.is_chosen), "")
        if chosen:
            seen = seen.filter(**{path: chosen})
    for name, path in (("since", "at__date__gte"), ("until", "at__date__lte")):
        day = _day(said.get(name, ""))
        if day:
            seen = seen.filter(**{path: day})
    household = said.get("household", "")
    if household.isascii() and household.isdigit() and len(household) < 18:
        seen = seen.filter(subject="household", subject_id=int(household))
    return seen


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None


@require(Permission.AUDIT_READ)
@require_POST
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Check every seal of the whole log."""
    broken = first_broken()
    if broken is None:
        messages.success(request, t(N_("{count} 条审计记录的封印全部完好。"), count=Event.objects.count()))
    else:
        words = N_("审计记录第 {number} 条{what}。")
        messages.error(request, t(words, number=broken.number, what=t(_BROKEN[broken.what])))
    return redirect("audit")
