"""For the tests of whole advertisements: an article, advertisements planted in it, and contact lines of its own."""

HOST = """\
# 杉湾市游泳卡、停车卡和食堂卡怎么退

杉湾的三种卡由不同单位发放，退法各不相同。动身之前先看清卡面，再照下面的办法去办。

## 一、游泳卡

游泳卡由市体育中心发放，年卡和次卡都能退，带上卡片、身份证和押金收据。

1. 到体育中心一楼前台取号，等候叫号。
2. 填写《退卡申请表》，写明姓名、卡号和退卡原因。
3. 前台查询剩余次数，核对无误后签字确认。
4. 交回游泳卡和更衣柜手牌，手牌丢失的赔二十元。

5. 押金当场退还，剩余次数折成现金，七个工作日内退回原支付账户。

体育中心周一闭馆，其他日子上午九点到晚上八点受理。年卡用过半年的不再退款，只退押金。

## 二、停车卡

停车卡由物业公司管理处办理，车主本人到场，带行驶证和停车卡。

1. 先在收费亭缴清欠费，索取发票。
2. 到管理处窗口提出注销，由工作人员读取车牌号并解除绑定。
3. 在登记簿上签名，领取回执。

卡内余额按月结算，下月初转入登记的银行账户。换车不换车位的，不用退卡，更新车牌即可。

## 三、食堂卡

食堂卡由单位后勤科发给在职职工，离职时注销。打开“杉湾后勤”小程序，点“我的卡”，选择“注销”，输入短信验证码。\
余额不足一元的不退。审核通过后，实体卡自行剪断。

## 四、注意事项

退卡之前用完优惠券，注销以后积分清零，不能恢复。工作人员不会打电话索要验证码，接到这类电话请直接挂断。\
回执至少保存三个月，退款没有到账时凭它查询。委托他人办理的，另带委托书和双方身份证件。
"""

# What an advertiser has planted on a line of its own: nothing of it may stay.
ADVERTISEMENTS: tuple[str, ...] = (
    "【广告】考研押题密卷到手价三折，QQ 000345612",
    "【推广】东南亚电话号段整批转手，微信 haoduan0demo，量多另议。",
    "（广告位）游戏陪练、段位代打，客服QQ 00098712",
    "广告：阳台种菜全套种子，下单加微信 zhongzi0demo，网址 zhongzi.example 。",
    "广告 老房翻新免费量尺，薇信 fanxin0demo",
    "> 赞助：乡下土鸡蛋顺丰直达，TG @tuji_demo7",
    "*本文由“麦田烘焙”赞助：生日蛋糕预订加微信 maitian0demo，网站 maitian.example。*",
    "（插播：二手钢琴调音上门，Telegram @gangqin_demo ｜ https://t.me/gangqin_demo）",
    "【福利】名牌香水样品零撸，暗号小鹿，QQ群 000667712",
    "[赞助内容] 减脂餐配送到家，一周瘦八斤，加QQ 000882211",
    "——【推广信息】电动牙刷清库存，whatsapp +852 0000 1234——",
    "本页推广：奢侈包包鉴定回收，微信 bao0demo88，当面付款。",
    "热门推荐：彩票走势内部群，电报 https://t.me/caipiao_demo",
    "商务合作：直播带货孵化，抽成详谈，加微信 zhibo0demo",
    "Sponsored: vintage sneakers drop tonight, message t.me/sneaker_demo before midnight!",
    "[Ad] Grow your crypto portfolio while sleeping, WhatsApp +44 0000 900123",
    "Promoted by MoonLoans: instant payday cash, Telegram @moonloans_demo",
    "Advertisement: luxury watches half off, https://t.me/watches_demo 。",
    "*Sponsored content — dating coach reveals secrets, add WeChat dating0demo*",
    "广告位：婚纱跟拍档期抢订，扫码加 QQ 0001112233，或登录 www.hunsha-demo.example 领券。",
    "公考网红名师冲刺班拼团，口令“必过”，加QQ 000731247 拿笔记！",
    "旧书旧报高价上门收，搬家顺带清运，请联系 https://t.me/jiubao_demo",
    "二手办公隔断甩卖，看实物请进 https://geduan.example/sale ，微信 geduan_demo",
    "影视会员账号拼车、稀有皮肤低价，戳 https://t.me/pinche_demo2 有彩蛋～",
    "回收靓号老酒，价钱爽快，QQ 000123457，另见 laojiu.example",
    "急用周转点这里：加微信 zhouzhuan_demo，Telegram t.me/zhouzhuan_demo，三分钟放款",
    "🔥 海鲜礼盒低至五折！帝王蟹、生蚝空运 👉 https://t.me/haixian_demo",
    "📢 高薪招夜班司机，包吃住，飞机 https://t.me/siji_demo ，电话 000-88880001",
    "（楼上美甲店托我捎句话：春季新款打八折，微信 meijia_demo3，网址 meijia.example。好不好看我可不管。）",
    "【春节机票、温泉酒店特惠、导游包车，加微信 lvyou0000demo，官网 https://lvyou.example 】",
    "——货车司机贷款、挂靠年审，QQ 0002468136，t.me/huoche_demo2 ——",
    "想学吉他又怕贵？三节体验课九块九，加QQ 000456789 占座",
    "祖传膏药专治腰腿疼，包邮到村，电报 @gaoyao_demo",
    "宠物狗狗配种、寄养、洗澡美容，掌柜微信 chongwu_demo9，风雨无阻",
    "论文降重、翻译润色找学姐，扣扣 000998877，先看稿再谈钱",
    "星座塔罗一对一解读感情迷局，微信 taluo_demo11",
    "儿童乐高积木论斤卖，满百立减，QQ群：000765432",
    "装修木工瓦工水电包清工，老师傅微信 mugong_demo，价格好商量",
    "美股港股牛散带盘，每日三支妖股，进群 https://t.me/yaogu_demo",
    "急用現金？舊金飾當場秤重，找小芸 https://t.me/jinshi_demo ，LINE：jin0000demo",
    "茅台五粮液批發，假一賠十，加微信 maotai_demo8",
    "Turn dusty vinyl records into holiday money, ping t.me/vinyl_demo today!",
    "Handmade wooden toys ship worldwide, WhatsApp +44 0000 112233, limited stock",
    "婴儿纸尿裤临期清仓，五毛一片！QQ 000771122",
    "同城相亲角，九零后美女多，加薇信 xiangqin_demo",
    "深海鱼油、胶原蛋白海外直邮，TG频道 @yuyou_demo",
    # No messenger, but an address, a number or an account to follow.
    "（广告）急用钱？旧卡变现、极速下卡，请访问 www.kxiao77.example",
    "【推广】旧设备高价回收、当天打款，请访问 www.huishou88.example",
    "[AD] 换手机就上 www.shouji99.example",
    "【赞助】阳光驾校暑期班开课，报名热线 0000-8765432",
    "> 【广告】信用卡刷爆了？打 13900001234 找小李",
    "| 推广 | 高价回收旧卡 | www.huishou88.example |",
    "| 高价回收旧卡 | www.huishou88.example | 全天 |",
    "本文由“旺铺贷”赞助，资金周转请上 wangpu.example",
    "旧卡变现、极速下卡！请访问 www.kxiao77.example",
    "高价回收旧手机。详情见 www.wanji88.example",
    "想省钱？薅羊毛上 yangmao66.example",
    "更多搬家省钱攻略，尽在 banjia88.example",
    "更多福利请访问 fuli77.example ，手慢无！",
    "想了解更多车主福利，可登录 chezhufuli.example 领取加油券。",
    "懒得跑腿？速销帮全城代办水电气销户，官网 suxiao.example 下单九折",
    "急用钱点 https://daikuan.example/x",
    "Need cash now? Get a payday loan at quickloan.example",
    "Skip the line: www.fastpass.example",
    "友情推荐：婚纱跟拍档期抢订，登录 www.hunsha-demo.example 看样片",
    "买车险，上 chexian66.example，最低三折",
    "更多生活缴费攻略，关注公众号“缴费小能手”",
    "更多省钱技巧，欢迎关注微信公众号：省钱小能手",
    "【广告】旧卡变现，微信搜“卡小二”小程序",
    # In the words of the article: nothing about them is foreign.
    "懒得跑腿的同学可以加我微信 paotui_xm88，退卡代办一次三十元。",
    "不想排队？微信搜 kuaitui_66，停车卡、游泳卡都能帮你退，二十块一张。",
    "需要退卡表格的，加QQ群 778120999 领取。",
    "想省心的车主，联系阿强 13900001234，上门收卡，当天结款。",
    "要模板的姐妹，网盘地址 www.muban77.cc ，也可加微信 muban_77 备注“模板”。",
    "（没时间的业主可加V信 wuye_tt55，全程代办，也可搜公众号“小陶跑腿”）",
    "退卡被拒怎么办？加薇薇老师 V信：vv_tuika888，一对一教你追款，成功后收费！",
    "小陶跑腿：退卡、过户、年审，一口价66元。电话 139-0000-1234（微信同号），或搜抖音“小陶跑腿”。",
    "💡 学姐自用的退卡清单表格，打开 www.qingdan88.cc 自取！有问题进QQ群 778120111 交流。",
    "想知道怎么三天拿回押金吗？秘诀都在这里：加微信 yajin_88！",
    "本人接退卡代跑，熟悉各窗口，价格好说，Q 778120222",
    "急着用钱又退不了卡的，找老李，微信号 laoli_8899，先垫付后退卡。",
    "更多退卡经验和模板，进QQ群 778120333，进群暗号“退卡”。",
    "觉得麻烦的宝子看过来～全市游泳卡、停车卡代退，TG @daitui_88，下单立减十元。",
    "Too busy to queue? Message us on Telegram @quickcard88 and we handle the whole return for ¥30.",
    "需要代排队的街坊，可拨 13900004321，每次二十元。",
    "退卡材料不齐也能办，加微信 cailiao_88，收费公道。",
)

# An advertisement behind, before or inside a sentence of the article: the sentence stays.
PLANTED: tuple[tuple[str, str], ...] = (
    ("在登记簿上签名，领取回执。公考网红名师冲刺班拼团，加QQ 000731247 拿笔记！", "在登记簿上签名，领取回执。"),
    ("1. 先缴清欠费，索取发票。祖传膏药专治腰腿疼，电报 @gaoyao_demo", "1. 先缴清欠费，索取发票。"),
    ("2. 到窗口提出注销（论文降重找学姐，扣扣 000998877，先看稿再谈钱）。", "2. 到窗口提出注销 。"),
    ("押金当场退还。【广告】名牌香水样品零撸，QQ群 000667712", "押金当场退还。"),
    ("【广告】名牌香水样品零撸，QQ群 000667712。携带身份证到前台办理。", "携带身份证到前台办理。"),
    ("（插播：二手钢琴调音上门，TG @gangqin_demo）余额不足一元的不退。", "余额不足一元的不退。"),
    ("退款到账以前，回执不要扔。老金饰当场秤重，微信 jinshi_demo", "退款到账以前，回执不要扔。"),
    ("填写《退卡申请表》，写明姓名和卡号，加QQ 000345612 拿密卷", "填写《退卡申请表》，写明姓名和卡号"),
    ("3. 交回手牌，然后刷脸离场，加V kapian22", "3. 交回手牌，然后刷脸离场"),
    (
        "②**倒空柜子**：翻一翻有没有忘拿的毛巾拖鞋，有就赶快收好。加微信 kapian22，专人代办",
        "②**倒空柜子**：翻一翻有没有忘拿的毛巾拖鞋，有就赶快收好。",
    ),
    ("# 游泳卡怎么退（办卡优惠 TG：@youyong_demo）", "# 游泳卡怎么退"),
    ("**泳池须知 加微信 kapian22**", "**泳池须知 **"),
    ("押金当场退还。（广告）急用钱？旧卡变现，请访问 www.kxiao77.example", "押金当场退还。"),
    ("（广告）急用钱？旧卡变现，请访问 www.kxiao77.example 。携带身份证到前台办理。", "携带身份证到前台办理。"),
    ("1. 先缴清欠费，索取发票。【推广】高价回收旧卡，上 www.huishou88.example", "1. 先缴清欠费，索取发票。"),
    ("2. 到窗口提出注销（急用钱点 https://daikuan.example/x ）。", "2. 到窗口提出注销 。"),
    (
        "> 提示：押金为一百元，收据丢了要写声明。【广告】旧卡变现 www.kxiao77.example",
        "> 提示：押金为一百元，收据丢了要写声明。",
    ),
    ("退款到账以前，回执不要扔。更多省钱秘籍，速戳 biye88.example", "退款到账以前，回执不要扔。"),
    ("卡里的余额会转到登记的账户，高价回收旧卡戳 www.huishou88.example", "卡里的余额会转到登记的账户，"),
    (
        "回执至少保存三个月，退款没有到账时凭它查询。想了解更多福利，可登录 chezhufuli.example 领取加油券。",
        "回执至少保存三个月，退款没有到账时凭它查询。",
    ),
    (
        "停车卡、游泳卡一起退的，先退游泳卡。[AD] 换手机就上 www.shouji99.example",
        "停车卡、游泳卡一起退的，先退游泳卡。",
    ),
    ("| 物业管理处 | 0000-2200457 | 高价回收旧卡 www.huishou88.example |", "| 物业管理处 | 0000-2200457 | |"),
    ("填写《退卡申请表》，写明姓名和卡号。更多攻略，关注公众号“省钱小能手”。", "填写《退卡申请表》，写明姓名和卡号。"),
    ("卡面自己剪断。想要退卡清单的，加QQ群 778120045 自取。", "卡面自己剪断。"),
    ("3. 交回手牌，刷脸离场，懒得跑的朋友加V kapian22秒退", "3. 交回手牌，刷脸离场，"),
    ("回执至少保存三个月（没空跑的业主加V信 wuye_tt55，备注“退卡”，上门代跑！）。", "回执至少保存三个月 。"),
    ("不想排队？先在小程序里取号。", "不想排队？先在小程序里取号。"),
)

# Contacts of those who issue the cards, and sentences that only look like an advertisement: nothing of them goes.
GENUINE: tuple[str, ...] = (
    "体育中心咨询电话：0000-8826171，上午九点到晚上八点接听。",
    "停车卡的事拨物业管理处 0000-2200457，周末也有人接。",
    "客服热线 96011，按2转人工。",
    "全国统一热线：400-000-1234。",
    "食堂卡退款有疑问，拨后勤科内线 8604。",
    "投诉与建议请拨 12345。",
    "更多规定见“杉湾体育”公众号的“卡务”栏。",
    "关注微信公众号：shanwan_sports，回复“退卡”看流程。",
    "打开微信小程序“杉湾后勤”，在“我的卡”里查询进度。",
    "官方微博 @shanwansports 会公布闭馆安排。",
    "网上预约：https://yuyue.shanwan-sports.example/card",
    "官网 www.shanwan-sports.example 可下载申请表。",
    "把申请表发到 card@shanwan-sports.example，两个工作日内回复。",
    "物业管理处邮箱：park@shanwan-park.example。",
    "联系人：后勤科刘老师，电话 0000-3311220。",
    "联系人：体育中心赵女士，手机 13900000000。",
    "游泳馆广播找人，请到前台登记。",
    "广告：本馆外墙广告位的押金另行办理，请到管理处咨询。",
    "推广期内办的卡，退卡规则相同。",
    "推荐：先打电话 0000-8826171 问清排队人数，再动身。",
    "福利：工会会员凭工会卡游泳半价，退卡时按实付金额算。",
    "合作银行：杉湾银行，客服热线 95588。",
    "赞助单位发放的赠票不能折现。",
    "友情提示：周一闭馆，别白跑一趟。",
    "本文合作单位：杉湾市体育中心，官网 www.shanwan-sports.example。",
    "推荐使用手机银行查询到账情况。",
    "商务用车的停车卡由公司出具证明。",
    "退款支持微信、支付宝和银行卡三种方式。",
    "微信里绑定的停车卡要先解绑，再到窗口注销。",
    "不要理会短信里的QQ号，那是骗子。",
    "凡是自称馆员要你加微信转账的，一律报警。",
    "泳帽、泳镜存放柜超期三天由保洁清空。",
    "谢绝自带水枪、充气垫、潜水脚蹼入池。",
    "车位转租、摩托占道由交警处理，电话 122。",
    "急救电话 120 贴在每根廊柱上。",
    "Sponsored members return the badge at the front desk.",
    "Hotline: 400-000-5678, daily from 9 to 17.",
    "Recommended: book a slot at https://yuyue.shanwan-sports.example first.",
    "For lost wristbands call 0000-8826171.",
    "Write to card@shanwan-sports.example and attach the receipt.",
    "- 体育中心：0000-8826171（前台）",
    "| 物业管理处 | 0000-2200457 | 收费亭旁 |",
    "（电话 0000-3311220，找不到人就去后勤科）",
    "【服务热线】400-000-1234",
    "【推荐】带齐材料一次办完。",
    "网上预约请登录 www.shanwan-tiyu.example ，每天八点放号。",
    "更多网点请访问 www.shanwan-bank.example 。",
    "停车月卡退款进度可在 parking.shanwan.example 查看。",
    "更多规定见 www.shanwan.example/card 。",
    "客服热线 400-820-6137，人工坐席 8:00 至 22:00。",
    "ETC 客服 400-611-9527，24 小时在线，节假日不休。",
    "鹭岛通热线 4006-213-577，退卡失败可以打。",
    "在 www.shanwan-gym.example 下单的游泳卡，原路退款。",
    "福利卡余额查询：www.shanwan-fuli.example，输入卡号。",
    "公积金贷款未结清的，先登录 www.shanwan-gjj.example 申请提前还款。",
    "会员红包余额请在 member.shanwan.example 查询。",
    "登录商城 mall.shanwan.example，申请退款，优惠券不退。",
    "办卡时送的现货礼品不用退。",
    "加盟店办的卡请打总店电话 0571-88001234。",
    "秒杀活动买的卡退卡请打 400-100-2000。",
    "信用卡专线 400-888-1234，转人工。",
    "官方网站：www.jlbank.example",
    "海鹭航空官网 www.hailu-air.example 下载申请书。",
    "图书馆地址：青石路8号，网址 lib.shanwan.example，邮编 300000。",
    "招聘网点柜员的消息见 www.shanwan-bank.example/jobs 。",
    "学习卡的课程回放在 www.shanwan-edu.example/replay 。",
    "加油卡积分兑换加油券：www.runchuan-oil.example/points",
    "行程单、电子发票去 fapiao.shanwan.example 开。",
    "泳池水质每月公示：www.shanwan-tiyu.example/water",
    "有疑问发邮件 help@shanwan.example",
    "先到先得的车位预约电话 0571-88001235",
    "更多优惠活动请关注“杉湾体育”公众号",
    "更多停车优惠规定，请关注“杉湾停车”公众号查询。",
    "退款秒到账，没到账拨 400-100-2000。",
    "需要发票的，请到前台登记，或打 0000-8826171。",
    "想要退卡的业主，带身份证到管理处办理。",
    "没空来的业主，可以委托家人带委托书到管理处代办。",
    "懒得跑的读者可以在“杉湾体育”公众号里预约。",
    "不想排队的车主，打开“杉湾停车”小程序提交申请。",
    "优惠卡退卡请打客服热线 400-100-2000。",
    "回收旧卡的箱子在管理处门口，电话 0000-2200457。",
)

# Contacts of those who issue the cards that are blanked as anybody's: the words around them stay.
HANDLED: tuple[tuple[str, str], ...] = (
    ("1. 加前台微信 qiantai_demo1，报卡号预约退卡。", "预约退卡"),
    ("2. 押金没到账的，加QQ 000345678 查询退款进度。", "押金没到账"),
    ("退卡预约QQ群：000765433，进群报姓名和卡号。", "退卡预约"),
    ("停车卡注销后车牌没解除绑定的，联系管理处微信 wuye_demo2。", "车牌没解除绑定"),
    ("食堂卡余额转入银行账户前，后勤科会用微信 houqin_demo 核对姓名。", "食堂卡余额转入银行账户"),
    ("体育中心一楼前台的QQ 000223344 只受理退卡预约。", "只受理退卡预约"),
    ("退卡疑问请加前台微信 qiantai_demo1 咨询。", "退卡疑问"),
    ("需要开证明的员工，请加后勤科微信 houqin_demo9，写明姓名。", "需要开证明的员工，"),
    ("更衣柜手牌丢失，先加微信 shoupai_demo 登记，再到前台赔款。", "更衣柜手牌丢失"),
    ("物业公司管理处（微信 wuye_demo2）受理停车卡注销。", "受理停车卡注销"),
)
