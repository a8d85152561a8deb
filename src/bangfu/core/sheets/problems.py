"""Refusals of a whole workbook: what is wrong, and what the user can do about it."""

from __future__ import annotations

from bangfu.core.errors import Problem, WorkbookError
from bangfu.core.messages import N_, Message

REFUSALS: dict[str, tuple[str, str]] = {
    "missing": (N_("没有这个文件。"), N_("请检查文件名和位置。")),
    "empty": (N_("文件是空的。"), N_("请重新导出或重新下载。")),
    "truncated": (N_("文件不完整或已损坏。"), N_("请重新下载或另存一份；拷贝时要等传输完成。")),
    "password": (N_("文件有打开密码。"), N_("请在 Excel 或 WPS 中取消打开密码，另存后再导入。")),
    "bomb": (
        N_("文件解压后异常庞大（{detail}），可能是恶意文件。"),
        N_("请不要打开它；向提供文件的人核实后重新导出。"),
    ),
    "too_big": (N_("文件太大（{detail}）。"), N_("请按乡镇或按村拆成几个文件导入。")),
    "html": (
        N_("文件名像是表格，内容其实是网页。"),
        N_("请用 Excel 或 WPS 打开，另存为 .xlsx 后再导入。"),
    ),
    "text": (
        N_("文件名像是 Excel 表格，内容其实是文本。"),
        N_("请用 Excel 或 WPS 打开，另存为 .xlsx，或把扩展名改为 .csv。"),
    ),
    "unknown": (
        N_("认不出这种文件格式。"),
        N_("能导入 .xlsx、.xls 和 .csv；请用 Excel 或 WPS 另存为 .xlsx。"),
    ),
    "encoding": (N_("文本的编码既不是 UTF-8 也不是 GB18030。"), N_("请另存为“CSV UTF-8”或 .xlsx。")),
    "csv": (
        N_("第 {detail} 行的引号或分隔符有错，后面的内容不可靠。"),
        N_("请用 Excel 打开核对后另存为 .xlsx。"),
    ),
    "no_sheet": (N_("文件里没有可读的工作表。"), N_("请确认数据在普通工作表里，不是图表或宏表。")),
}


def refusal(code: str, where: str, detail: str = "") -> WorkbookError:
    """The error `workbook.<code>` for the file `where`."""
    reason, remedy = REFUSALS[code]
    return WorkbookError(
        Problem(f"workbook.{code}", Message(reason, {"detail": detail}), where, Message(remedy))
    )
