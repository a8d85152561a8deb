"""Names of people who do not exist: surnames by frequency, given names by sex and generation."""

from __future__ import annotations

SURNAMES = tuple(
    "李王张刘陈杨黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡"
    "贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段"
)

_OLD_MEN = (
    "国庆 建国 德明 福生 有才 正清 长根 水生 金宝 桂林 玉堂 运来 满仓 连生 光荣 "
    "茂林 启发 万福 春生 秋生 炳文 树德 家旺 开泰 元贵 仁义 世昌 寿山 保田 洪发 "
    "汉清 作民 南山 月清 友德 冬生 克勤 贵生 耀先 子云"
)
_MEN = (
    "志强 建军 伟民 勇军 海波 国平 立新 向东 卫星 新华 跃进 红卫 爱民 建平 云飞 "
    "学文 小平 铁牛 大勇 永红 立志 少华 忠诚 兴旺 平安 卫东 小龙 四清 抗美 解放 "
    "胜利 和平 东升 光明 文斌 必胜 青松 正伟 鹏程 宏图"
)
_BOYS = (
    "子轩 浩然 宇航 俊杰 梓豪 一鸣 博文 天佑 嘉乐 思远 家豪 志远 晨曦 文轩 俊熙 "
    "泽宇 明轩 佳明 星辰 宏宇 逸飞 子涵 锦程 皓轩 睿哲 乐天 弘毅 昊天 瑞霖 致远 "
    "景行 书言 启航 承志 云帆 安然 小虎 朝阳 子墨 知行"
)
_OLD_WOMEN = (
    "桂英 秀英 玉兰 凤英 春香 菊香 满娥 月娥 翠花 金莲 腊梅 桂香 冬秀 菊英 水莲 "
    "福秀 玉珍 元秀 大妹 细妹 银秀 莲香 爱莲 三英 二秀 贵珍 兰香 秋菊 桃英 凤娥 "
    "运秀 有秀 正英 淑珍 来娣 友兰 德秀 碧云 梅英 美容"
)
_WOMEN = (
    "红梅 丽华 小燕 建英 秋香 冬梅 爱华 春梅 志红 晓霞 丽君 雪梅 海燕 小红 艳红 "
    "凤仙 玉梅 建华 卫红 敏芳 小玲 桂花 惠兰 彩霞 云霞 志英 银花 新梅 翠平 丽娟 "
    "明霞 秀芳 小芳 金花 美玲 玉芬 春燕 莉萍 国英 向红"
)
_GIRLS = (
    "梓涵 雨桐 诗涵 欣怡 佳怡 思琪 语嫣 梦瑶 心怡 子萱 可馨 雅婷 若曦 雨欣 静雯 "
    "紫萱 晓彤 依诺 嘉欣 婉清 书瑶 思雨 语桐 一诺 梓晴 芷若 安琪 沐晴 乐瑶 清妍 "
    "念慈 知夏 苗苗 春晓 小雅 朵朵 若兰 忆南 初夏 乐怡"
)

GIVEN: dict[str, tuple[tuple[str, ...], ...]] = {  # gender → generations, oldest first; all of one length
    "male": tuple(tuple(names.split()) for names in (_OLD_MEN, _MEN, _BOYS)),
    "female": tuple(tuple(names.split()) for names in (_OLD_WOMEN, _WOMEN, _GIRLS)),
}
GIVEN_COUNT = len(GIVEN["male"][0])
